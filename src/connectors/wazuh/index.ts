import { z } from 'zod'
import { choice, integer, list, text } from '../../config/values.ts'
import type { Archive } from '../../sources/paths.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NAME = /^(\d{4})\/([A-Z][a-z]{2})\/ossec-(?:alerts|archive)-(\d\d)(?:-(\d{3,}))?\.json(?:\.gz)?$/

/**
 * `alerts.json` is a hard link to the file of its day, `2026/Mar/ossec-alerts-02.json`. At midnight, or by interval or
 * size (then `…-02-001.json` and so on), wazuh-analysisd removes the link and makes one to the next file;
 * wazuh-monitord compresses the day that is over a little later (wazuh/wazuh, getloglocation.c and issue 29638).
 */
export const archive: Archive = {
  glob: '[0-9][0-9][0-9][0-9]/[A-Z][a-z][a-z]/ossec-*.json*',
  order(name) {
    const [, year, month = '', day, count = '0'] = NAME.exec(name) ?? []
    const index = MONTHS.indexOf(month)
    return index < 0 ? undefined : [year, 10 + index, day, count.padStart(8, '0')].join('-')
  },
}

const options = z
  .strictObject({
    logfile: list()
      .prefault('/var/ossec/logs/alerts/alerts.json')
      .describe('files or globs, separated by commas'),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file that was never read before'),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    minimum_level: integer(0, 16).optional().describe('send only alerts of this level and above'),
    exclude_group: list().optional().describe('alerts of these rule groups are not sent'),
    exclude_rule: list()
      .pipe(z.array(integer(0, 4_294_967_295)))
      .optional()
      .describe('alerts of the rules with these IDs are not sent'),
    attach: list()
      .pipe(z.array(z.enum(['log', 'previous', 'diff', 'raw'])))
      .prefault('')
      .describe(
        'what to attach where the alert has it: log (the whole log record), previous (those before it), diff (of a file), raw (the whole alert)',
      ),
  })
  .refine(({ logfile }) => logfile.length > 0, { path: ['logfile'], error: 'must not be empty' })

const wazuh: Connector<typeof options> = {
  summary: 'Alerts of the Wazuh manager, from its alerts.json',
  options,
  archive,
  source({ logfile, start }, context) {
    return tail({ paths: logfile, start, archive }, context)
  },
}

export default wazuh
