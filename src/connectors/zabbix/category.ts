import { GUESSING, type Terms, wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { textOf } from './told.ts'
import { tagsIn } from './values.ts'

/** What a problem is of. */
export interface Kind {
  terms: Terms
  cause: 'Malfunction' | 'Error' | 'Unknown'
  type: 'Availability' | 'Cyber'
}

const availability = (cause: Kind['cause'], ...terms: Terms): Kind => ({ terms, cause, type: 'Availability' })
const security = (...terms: Terms): Kind => ({ terms, cause: 'Unknown', type: 'Cyber' })

const OUTAGE = availability('Malfunction', 'Availability.Outage', 'Availability.Outage')
const FAILURE = availability('Malfunction', 'Availability.Failure', 'Availability.Failure')
/** The older drafts have no term for what still works, though badly. */
const OVERLOAD = availability('Malfunction', 'Availability.Failure', 'Availability.Overload')
const SETTING = availability('Error', 'Availability.Misconf', 'Availability.Misconfiguration')
const ORDINARY = availability('Unknown', 'Other.Uncategorised', 'Other.Uncategorised')
const UNDETERMINED = security('Other.Undetermined', 'Other.Undetermined')

/** Words in the name of a problem that say more than any tag; the first row that fits counts. */
export const TELLING: readonly (readonly [words: string, pattern: RegExp, kind: Kind])[] = [
  [
    'checksum, passwd, integrity',
    /\bchecksum\b|\bpasswd\b|\b(?:file )?integrity\b/i,
    security('Information.UnauthorizedModification', 'Sabotage.Data'),
  ],
  [
    'failed login, brute force',
    /\b(?:fail\w*|invalid|too many)\b.{0,30}\b(?:log[io]ns?|log-ins?|authentications?|passwords?)\b|\bbrute[- ]?force\b/i,
    security(...GUESSING),
  ],
  ['DDoS', /\bddos\b/i, security('Availability.DDoS', 'Availability.DDoS')],
  ['flood, DoS', /\b(?:syn|icmp|udp|dns) flood\b|\bDoS\b/, security('Availability.DoS', 'Availability.DoS')],
  [
    'certificate',
    /\b(?:ssl|tls|x\.?509)?[ -]?certificates?\b|\bcert(?:s|\.)?\b.{0,30}\b(?:expir|invalid)/i,
    { ...SETTING, terms: ['Vulnerable.Crypto', 'Availability.Misconfiguration'] },
  ],
  [
    'temperature low, cold',
    /\btemperature\b.{0,40}\b(?:too )?(?:low|cold|below)\b/i,
    availability('Unknown', 'Meteorological.Temperature', 'Meteo.Cold'),
  ],
  [
    'temperature, overheating',
    /\btemperature\b|\boverheat\w*\b/i,
    availability('Unknown', 'Meteorological.Temperature', 'Meteo.Heat'),
  ],
]

/** The tag `scope` that the templates of Zabbix set. */
export const SCOPES: ReadonlyMap<string, Kind> = new Map([
  ['availability', OUTAGE],
  ['performance', OVERLOAD],
  ['capacity', OVERLOAD],
  ['configuration', SETTING],
])

/** Words for triggers without such a tag. `down` is a word of its own: a download is no outage. */
export const WORDS: readonly (readonly [words: string, pattern: RegExp, kind: Kind])[] = [
  [
    'down, unavailable, not available, unreachable, not running, no data, ICMP ping',
    /\bdown\b|\bunavailable\b|\bunreachable\b|\bnot (?:available|running|responding|reachable|working)\b|\bno (?:data|response|snmp data)\b|\bhas(?: not been|n.t been) (?:seen|updated)\b|\bICMP ping\b|\boffline\b|\bstopped\b/i,
    OUTAGE,
  ],
  [
    'utilization, load, memory, space, inodes, too high, slow',
    /\butili[sz]ation\b|\bload\b|\bmemory\b|\bswap\b|\bspace\b|\binodes?\b|\btoo (?:high|low|many)\b|\bresponse time\b|\blatency\b|\bslow\b|\bqueue\b|\bbandwidth\b|\bbusy\b|\bfull\b/i,
    OVERLOAD,
  ],
  [
    'failed, error, restarted, degraded, critical state',
    /\bfail\w*\b|\berrors?\b|\brestarted\b|\brebooted\b|\bdegraded\b|\bcrash\w*\b|\b(?:critical|warning|not in normal) (?:state|status)\b|\bpacket loss\b/i,
    FAILURE,
  ],
  [
    'configuration, misconfigured, out of sync',
    /\bmis-?configur\w*\b|\bconfiguration\b|\bout of sync\b|\bconfigured\b/i,
    SETTING,
  ],
]

/** `[name, tags]` → what it is of: by telling words, the tag `scope`, other words. */
function kindOf(name: unknown, tags: unknown): Kind {
  const text = textOf(name) ?? ''
  const scopes = tagsIn(tags).flatMap(({ tag, value }) => (tag === 'scope' ? [value.toLowerCase()] : []))
  const told = TELLING.find(([, pattern]) => pattern.test(text))?.[2]
  const scoped = scopes.flatMap((scope) => SCOPES.get(scope) ?? [])[0]
  const worded = WORDS.find(([, pattern]) => pattern.test(text))?.[2]
  return told ?? scoped ?? worded ?? (scopes.includes('security') ? UNDETERMINED : ORDINARY)
}

/** `[taxonomy, name, tags]` */
export const category: MappingFunction = (taxonomy, name, tags) =>
  wordsOf([kindOf(name, tags).terms], taxonomy)

/** `[name, tags]` */
export const cause: MappingFunction = (name, tags) => kindOf(name, tags).cause
export const type: MappingFunction = (name, tags) => kindOf(name, tags).type
