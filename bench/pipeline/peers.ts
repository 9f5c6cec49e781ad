import { syslogNgVersion } from '../peers/syslogng.ts'

export interface Peer {
  name: string
  /** Absent where it is not installed. */
  version: string | undefined
  /** What cannot be measured without it, and how to install it. */
  hint: string
}

/** What runs beside ours. */
export function peersFound(): readonly Peer[] {
  return [
    {
      name: 'syslog-ng with its http module',
      version: syslogNgVersion(),
      hint: 'T6 and T7 need it; Debian: bench/peers/install',
    },
  ]
}

/** Why no others do. */
export const NOT_RUN = 'rsyslog (Debian 12 packages no omhttp), Fluent Bit (not packaged in Debian)'
