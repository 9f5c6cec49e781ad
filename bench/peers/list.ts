import { fluentBit } from './fluentbit.ts'
import type { Peer } from './peer.ts'
import { rsyslog } from './rsyslog.ts'
import { syslogNg } from './syslogng.ts'

/** What runs beside ours, where it is installed. */
export const PEERS: readonly Peer[] = [syslogNg, rsyslog, fluentBit]
