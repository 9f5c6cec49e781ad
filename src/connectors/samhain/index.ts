import { z } from 'zod'
import { boolean, choice, list, text, zone } from '../../config/values.ts'
import { stdin } from '../../sources/stdin.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'

/** The names in kinds.ts, which is for the workers. */
export const EVENTS = [
  'added',
  'missing',
  'setuid',
  'hidden',
  'process',
  'kernel',
  'port',
  'service',
  'restart',
  'mount',
  'log',
  'modified',
  'quarantine',
  'odd-login',
  'login',
  'weird',
  'tampered',
  'panic',
  'stop',
  'trouble',
  'status',
] as const

const options = z
  .strictObject({
    logfile: list()
      .prefault('/var/log/samhain/samhain.log')
      .describe('logs: files or globs, separated by commas; - is standard input'),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file that was never read before'),
    timezone: zone()
      .prefault('local')
      .describe(
        'zone of times that have no offset, such as Europe/Paris or +02:00; local: that of this program',
      ),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    minimum_severity: choice('debug', 'info', 'notice', 'warn', 'mark', 'error', 'crit', 'alert')
      .default('debug')
      .describe('send only what Samhain gave this severity or a higher one'),
    exclude_policy: list()
      .optional()
      .describe('violations of these policies are not sent, such as GrowingLogs'),
    exclude_event: list()
      .pipe(z.array(z.enum(EVENTS)))
      .prefault('')
      .describe('events of these kinds are not sent, such as weird, login'),
    status: boolean()
      .prefault('no')
      .describe('send also what Samhain says of its own work: START, regular EXIT, checks, counts, marks'),
  })
  .refine(({ logfile }) => logfile.length > 0, { path: ['logfile'], error: 'must not be empty' })
  .refine(({ logfile }) => logfile.length === 1 || !logfile.includes('-'), {
    path: ['logfile'],
    error: 'standard input (-) cannot be combined with files',
  })

const samhain: Connector<typeof options> = {
  summary: 'File integrity and host checks of Samhain, from its log',
  options,
  source({ logfile, start }, context) {
    if (logfile[0] === '-') return stdin(context)
    return tail({ paths: logfile, start }, context)
  },
}

export default samhain
