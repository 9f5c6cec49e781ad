import { resolve } from 'node:path'
import { z } from 'zod'
import { also, choice, list, text, zone } from '../../config/values.ts'
import { stdin } from '../../sources/stdin.ts'
import { tail } from '../../sources/tail.ts'
import { tree } from '../../sources/tree.ts'
import type { Connector } from '../connector.ts'

const options = z
  .strictObject({
    filetype: choice('directory', 'regular')
      .default('directory')
      .describe(
        'directory: the metadata.json of each scan, which tells most; regular: the log of clamd, its lines that end in FOUND',
      ),
    directory: also(text(), 'clamav.tempdir')
      .prefault('/var/tmp/clamav')
      .describe('TemporaryDirectory of clamd.conf, or --tempdir of clamscan'),
    filename: list()
      .prefault('/var/log/clamav/clamav.log')
      .describe(
        'with regular: LogFile of clamd.conf; files or globs, separated by commas; - is standard input',
      ),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file or directory that was never read before'),
    timezone: zone('auto')
      .prefault('auto')
      .describe(
        'zone of the clock of ClamAV, such as Europe/Paris or +02:00; local: that of this program; auto: as the time of the file proves it, else local',
      ),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    exclude_signature: list()
      .optional()
      .describe(
        'files in which only such signatures were found are not sent; how names begin, separated by commas, such as PUA., Heuristics.Encrypted',
      ),
  })
  .refine(({ filename }) => filename.length > 0, { path: ['filename'], error: 'must not be empty' })
  .refine(({ filename }) => filename.length === 1 || !filename.includes('-'), {
    path: ['filename'],
    error: 'standard input (-) cannot be combined with files',
  })

/** `20261122_031913-<name of the file>.<10 digits>`; below lies what was unpacked from the file, whatever that is called. */
const SCAN = /^\d{8}_\d{6}-[^/]*$/

const clamav: Connector<typeof options> = {
  summary: 'Malware that ClamAV found, from the metadata of its scans or from its log',
  options,
  source({ filetype, directory, filename, start }, context) {
    if (filetype === 'directory') {
      const accepts = (name: string) => name === 'metadata.json'
      const enters = (path: string) => SCAN.test(path)
      return tree({ root: resolve(directory), accepts, enters, start }, context)
    }
    if (filename[0] === '-') return stdin(context)
    return tail({ paths: filename, start }, context)
  },
}

export default clamav
