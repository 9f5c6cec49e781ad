import type { Fields } from './record.ts'

/** What a record tells: the classes of Samhain's own catalogue (sh_cat.c), as far as they differ in meaning. */
export interface Kind {
  name: string
  /** By `msg`; the first one that matches decides. */
  msg: RegExp
  /** Categories in the terms of drafts 04 to 06, and of drafts 07 and 08. */
  old: readonly string[]
  current: readonly string[]
  cause: 'Malicious' | 'Malfunction' | 'Error' | 'Normal' | 'Unknown'
  data: 'File' | 'Host' | 'Connection' | 'Log' | 'Auth'
  /** What happened, before the name of what it happened to. */
  told: string
}

const CHANGE = 'Information.UnauthorizedModification'
const INTRUSION = 'Intrusion.SysCompromise'
const OUTAGE = ['Availability.Outage']
const UNDETERMINED = ['Other.Undetermined']
const ORDINARY = ['Other.Uncategorised']

const kind = (
  name: string,
  msg: RegExp,
  old: readonly string[],
  current: readonly string[],
  cause: Kind['cause'],
  data: Kind['data'],
  told: string,
): Kind => ({ name, msg, old, current, cause, data, told })

/** In this order: the general comes after the particular. */
export const KINDS: readonly Kind[] = [
  kind('added', /^POLICY ADDED/, [CHANGE], ORDINARY, 'Unknown', 'File', 'Added'),
  kind(
    'missing',
    /^POLICY (?:MISSING|NODIRECTORY)/,
    [CHANGE, 'Information.DataLoss'],
    ['Sabotage.Data'],
    'Unknown',
    'File',
    'Missing',
  ),
  kind(
    'setuid',
    /^POLICY \[SuidCheck\]/,
    [CHANGE, INTRUSION],
    ['Access.Backdoor'],
    'Unknown',
    'File',
    'Set-user-ID program',
  ),
  kind(
    'hidden',
    /^POLICY \[Process\] (?:Hidden|Fake)/,
    [INTRUSION],
    ['Malware.Rootkit'],
    'Malicious',
    'Host',
    'Hidden process',
  ),
  kind('process', /^POLICY \[Process\]/, OUTAGE, OUTAGE, 'Unknown', 'Host', 'Missing process'),
  kind(
    'kernel',
    /^POLICY \[Kernel/,
    [INTRUSION],
    ['Malware.Rootkit'],
    'Malicious',
    'Host',
    'Kernel modified',
  ),
  kind(
    'port',
    /^POLICY \[ServiceNew\]/,
    [INTRUSION],
    ['Access.Backdoor'],
    'Unknown',
    'Connection',
    'Open port',
  ),
  kind('service', /^POLICY \[ServiceMissing\]/, OUTAGE, OUTAGE, 'Unknown', 'Connection', 'Missing service'),
  kind(
    'restart',
    /^POLICY \[Service/,
    UNDETERMINED,
    UNDETERMINED,
    'Unknown',
    'Connection',
    'Service restarted or moved',
  ),
  kind(
    'mount',
    /^POLICY \[Mounts\]/,
    ['Availability.Misconf'],
    ['Availability.Misconfiguration'],
    'Unknown',
    'Host',
    'Mount',
  ),
  kind('log', /^POLICY \[Logfile\]/, UNDETERMINED, UNDETERMINED, 'Unknown', 'Log', 'Log record'),
  kind('added', /^POLICY \[RegistryKeyNew\]/, [CHANGE], ORDINARY, 'Unknown', 'File', 'Added'),
  kind(
    'missing',
    /^POLICY \[RegistryKeyMissing\]/,
    [CHANGE, 'Information.DataLoss'],
    ['Sabotage.Data'],
    'Unknown',
    'File',
    'Missing',
  ),
  kind('modified', /^POLICY\b/, [CHANGE], ['Sabotage.Data'], 'Unknown', 'File', 'Modified'),
  kind(
    'quarantine',
    /^Quarantine/,
    [INTRUSION],
    ['Access.Backdoor'],
    'Unknown',
    'File',
    'Set-user-ID program in quarantine',
  ),
  kind(
    'odd-login',
    /^(?:Login at disallowed time|First login from this host|Login time outlier)/,
    UNDETERMINED,
    UNDETERMINED,
    'Unknown',
    'Auth',
    'Unusual login',
  ),
  kind('login', /^(?:Login|Multiple login|Logout)$/, ORDINARY, ORDINARY, 'Normal', 'Auth', 'Login or logout'),
  kind('weird', /^Weird filename/, UNDETERMINED, UNDETERMINED, 'Unknown', 'File', 'Unusual file name'),
  kind(
    'tampered',
    /^PANIC - File modified/,
    [CHANGE],
    ['Sabotage.Data'],
    'Unknown',
    'File',
    'Samhain stopped, its own files modified',
  ),
  kind('panic', /^PANIC/, OUTAGE, OUTAGE, 'Malfunction', 'Host', 'Samhain stopped'),
  kind('stop', /^(?:EXIT$|SUSPEND)/, OUTAGE, OUTAGE, 'Unknown', 'Host', 'Samhain stopped'),
  kind('trouble', /(?:)/, ['Availability.Failure'], ['Availability.Failure'], 'Error', 'Host', 'Samhain'),
  kind('status', /(?:)/, ORDINARY, ['Availability.HeartBeat'], 'Normal', 'Host', 'Samhain'),
]

/** What begins and ends in order, or was told to read its configuration again. */
const ORDERLY = /^(?:START|Runtime configuration reloaded|LOGKEY|Delta database downloaded|Server up\b.*)$/
const SEVERE = new Set(['ERROR', 'CRIT', 'ALERT'])

export function kindOf(fields: Fields): string {
  const { msg = '', sev, status } = fields
  // `samhain -t check` that is through.
  if (msg === 'EXIT' && status === 'exit_success') return 'status'
  if (ORDERLY.test(msg)) return 'status'
  const found = KINDS.find((each) => each.msg.test(msg))?.name ?? 'status'
  if (found === 'trouble') return SEVERE.has(sev) ? found : 'status'
  return (found === 'added' || found === 'modified') && isSetuid(fields) ? 'setuid' : found
}

/** A program that runs as its owner or group, and did not before. On a folder the group's bit is ordinary. */
function isSetuid({ mode_old = '', mode_new = '' }: Fields): boolean {
  return SETUID.test(mode_new) && !SETUID.test(mode_old)
}
const SETUID = /^-(?:..[sS]|.....[sS])/
