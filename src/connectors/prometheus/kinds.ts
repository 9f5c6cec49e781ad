import { FLOOD, GUESSING, PROBING, type Terms } from '../../idmefv2/terms.ts'

/** What an alert is of. */
export interface Kind {
  terms: Terms
  cause: 'Malfunction' | 'Malicious' | 'Error' | 'Normal' | 'Unknown'
  type: 'Availability' | 'Cyber'
}

const availability = (cause: Kind['cause'], ...terms: Terms): Kind => ({ terms, cause, type: 'Availability' })
const attack = (terms: Terms): Kind => ({ terms, cause: 'Malicious', type: 'Cyber' })

const OUTAGE = availability('Malfunction', 'Availability.Outage', 'Availability.Outage')
const FAILURE = availability('Malfunction', 'Availability.Failure', 'Availability.Failure')
/** The older drafts have no term for what still works, though badly. */
const OVERLOAD = availability('Malfunction', 'Availability.Failure', 'Availability.Overload')

export const OTHER = availability('Unknown', 'Other.Uncategorised', 'Other.Uncategorised')
export const ALIVE = availability('Normal', 'Test.Test', 'Other.Test')

/** Of rules that fire always, so that their silence tells something (kube-prometheus: Watchdog, InfoInhibitor), in words. */
export const ALWAYS = /^(?:watchdog|info inhibitor|dead ?mans? (?:switch|snitch)|heart ?beat)$/

/**
 * By words of the rule's name: `InstanceDown` is "instance down". The first row that fits counts. Words, not pieces of them: a
 * download is not down.
 */
export const KINDS: readonly (readonly [words: string, pattern: RegExp, kind: Kind])[] = [
  ['DDoS', /\bddos\b/, attack(['Availability.DDoS', 'Availability.DDoS'])],
  ['DoS, flood', /\bdos\b|\b(?:syn|icmp|udp|dns|request|packet)s? flood(?:ing|s)?\b/, attack(FLOOD)],
  [
    'brute force, failed login',
    /\bbrute ?forc(?:e|ing)\b|\bpassword (?:spray(?:ing)?|guessing)\b|\b(?:log(?:i|o)ns?|auth|authentications?|passwords?|ssh|sudo)\b.*\b(?:fail\w*|attempts?|invalid|denied|rejected|unauthori[sz]ed)\b|\b(?:fail\w*|invalid|denied|unauthori[sz]ed)\b.*\b(?:log(?:i|o)ns?|authentications?|passwords?)\b/,
    attack(GUESSING),
  ],
  [
    'port scan',
    /\b(?:port|network|host|vulnerability) scan(?:s|ning|ner)?\b|\bscan(?:s|ning|ner)? detected\b/,
    attack(PROBING),
  ],
  [
    'certificate, expires',
    /\b(?:cert|certs|certificates?|ssl|tls)\b.*\b(?:expir\w*|valid\w*|invalid|renew\w*|soon)\b/,
    availability('Error', 'Vulnerable.Crypto', 'Availability.Misconfiguration'),
  ],
  [
    'bad configuration',
    /\b(?:bad|invalid|wrong|inconsistent) config(?:uration)?\b|\bconfig(?:uration)?\b.*\b(?:fail\w*|error|bad|invalid|inconsistent|not synced|out of sync)\b|\bmisconfig\w*\b/,
    availability('Error', 'Availability.Misconf', 'Availability.Misconfiguration'),
  ],
  [
    'down, missing, absent, unreachable, unavailable, offline, not ready, probe failed',
    /\b(?:down|missing|absent|unreachable|unavailable|offline|dead|disappeared|disconnected|stopped|gone|no leader)\b|\bnot (?:ready|running|available|responding|reachable|connected)\b|\bprobe fail\w*\b|\binsufficient members\b/,
    OUTAGE,
  ],
  [
    'temperature of a part',
    /\b(?:hwmon|component|device|smart|chip|cpu|disk|gpu|nvme|ups|rack|sensor|node|host)\b.*\b(?:temp|temperature|hot|overheat\w*)\b/,
    FAILURE,
  ],
  [
    'temperature low, cold',
    /\btemp(?:erature)?s?\b.*\b(?:low|cold|below)\b|\b(?:low|cold) temp(?:erature)?\b/,
    availability('Unknown', 'Meteorological.Temperature', 'Meteo.Cold'),
  ],
  [
    'temperature, overheating',
    /\btemperatures?\b|\boverheat\w*\b/,
    availability('Unknown', 'Meteorological.Temperature', 'Meteo.Heat'),
  ],
  [
    'disk, RAID or file system that fails',
    /\b(?:disks?|raid|drive|volume|filesystem|file system)\b.*\b(?:fail\w*|errors?|degraded|broken|readonly|read only|corrupt\w*)\b/,
    FAILURE,
  ],
  [
    'memory, CPU, load, space, inodes, saturated, throttled, quota',
    /\b(?:memory|mem|cpu|oom|loads?|disks?|inodes?|space|storage|swap|filling|fill|full|capacity|limits?|quota|conntrack|backlog|pressure|utili[sz]ation|usage|saturat\w*|throttl\w*|overcommit\w*|overload\w*|exhaust\w*)\b/,
    OVERLOAD,
  ],
  [
    'errors, latency, crash loop, restarted, failed, clock skew, degraded',
    /\b(?:errors?|latency|latencies|slow|slowness|crash\w*|restart\w*|reboot\w*|fail\w*|degraded|skew|drift|unhealthy|mismatch|stuck|lag|lagging|corrupt\w*|broken|drops?|dropped|packet loss|flapping|timeouts?|killed)\b/,
    FAILURE,
  ],
]
