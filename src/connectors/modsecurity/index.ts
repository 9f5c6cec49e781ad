import { resolve } from 'node:path'
import { z } from 'zod'
import { also, boolean, choice, integer, list, text, zone } from '../../config/values.ts'
import { stdin } from '../../sources/stdin.ts'
import { tail } from '../../sources/tail.ts'
import { tree } from '../../sources/tree.ts'
import type { Connector } from '../connector.ts'

const options = z
  .strictObject({
    filename: also(list(), 'connector.log_file')
      .prefault('/var/log/modsecurity/modsec_audit.json')
      .describe(
        'audit logs of SecAuditLogType Serial: files or globs, separated by commas; - is standard input',
      ),
    directory: text()
      .optional()
      .describe('directory of SecAuditLogType Concurrent (SecAuditLogStorageDir), instead of filename'),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file or directory that was never read before'),
    timezone: zone('auto')
      .prefault('auto')
      .describe(
        'zone of time_stamp, such as Europe/Paris or +02:00; local: that of this program; auto: as unique_id proves it, else local',
      ),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    status_only: boolean()
      .prefault('no')
      .describe('send also requests that no rule matched, logged for the status of their answer alone'),
    zero_severity: choice('unset', 'emergency')
      .default('unset')
      .describe('what severity 0 means: libmodsecurity writes it too where a rule sets none'),
    minimum_severity: integer(0, 7)
      .optional()
      .describe(
        'send only what has a rule of this severity or a more severe one: 2 critical, 4 warning, 5 notice',
      ),
    exclude_rule: list()
      .optional()
      .describe('requests that only these rules matched are not sent; ids, separated by commas'),
    mask: boolean()
      .prefault('yes')
      .describe('hide the values of parameters named like passwords, tokens and sessions in notes'),
    attach: list()
      .pipe(z.array(z.enum(['request', 'response', 'raw'])))
      .prefault('')
      .describe(
        'what to attach where the record has it: request, response (bodies), raw (the whole record); not masked',
      ),
  })
  .refine(({ filename }) => filename.length > 0, { path: ['filename'], error: 'must not be empty' })
  .refine(({ filename }) => filename.length === 1 || !filename.includes('-'), {
    path: ['filename'],
    error: 'standard input (-) cannot be combined with files',
  })

/** `20261122-030955-<id of the transaction>`, in folders by day and minute; beside them lies an index, which is no JSON. */
const TRANSACTION = /^\d{8}-\d{6}-/
const COMPRESSED = /\.(?:gz|bz2|xz|zst)$/

const modsecurity: Connector<typeof options> = {
  summary: 'Requests that ModSecurity found fault with, from its JSON audit log',
  options,
  source({ filename, directory, start }, context) {
    if (directory !== undefined) {
      const accepts = (name: string) => TRANSACTION.test(name) && !COMPRESSED.test(name)
      return tree({ root: resolve(directory), accepts, start }, context)
    }
    if (filename[0] === '-') return stdin(context)
    return tail({ paths: filename, start }, context)
  },
}

export default modsecurity
