import { z } from 'zod'
import { poll as asking, pollOptions } from '../../config/poll.ts'
import { pushBesidePoll, pushOptionsBesidePoll } from '../../config/push.ts'
import { Secret } from '../../config/secret.ts'
import { choice, list, marks, text } from '../../config/values.ts'
import { poll } from '../../sources/poll.ts'
import { httpPush, unfolding } from '../../sources/push.ts'
import { unixStream } from '../../sources/socket.ts'
import { stdin } from '../../sources/stdin.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'
import { newRecords } from './look.ts'
import { isPath, recordsAt } from './records.ts'

const NO_PATH = 'expected a path such as $.data.alerts'

/** `Name: value`, one a line; the names and values that HTTP allows (RFC 9110, section 5). */
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x20-\x7e]+)$/

const headers = () =>
  z
    .string()
    .refine((value) => linesOf(value).every((line) => HEADER.test(line)))
    .transform((value) => new Secret(value))
    .register(marks, { secret: true })

function linesOf(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Of `start` there are more words here, and there is no usual address. */
const {
  url: _url,
  poll_interval,
  start: _start,
  ...asked
} = asking({ url: 'http://127.0.0.1', interval: '30s' })

const options = z
  .strictObject({
    filetype: choice('regular', 'unix_stream', 'http', 'poll')
      .default('regular')
      .describe(
        'regular: follow files, or read standard input; unix_stream: listen on a socket; http: take what is sent; poll: ask an address',
      ),
    mapping: text()
      .optional()
      .describe('JSON file with the mapping; required, since nothing else knows what your tool writes'),
    name: text().optional().describe('name of the tool: Analyzer.Name; default: [idmefv2] analyzer_name'),
    records: text()
      .refine(isPath, NO_PATH)
      .optional()
      .describe(
        'poll, http: where the records are inside an answer or a body, such as $.data.alerts; default: it is a record, or a list of them',
      ),
    identity: list()
      .refine((paths) => paths.every(isPath), NO_PATH)
      .optional()
      .describe(
        'paths to what names a record, such as $.id, all of which it must have; the same names, the same message ID, and with poll not sent again',
      ),
    filename: list()
      .prefault('-')
      .describe(
        'regular: files or globs, separated by commas; - is standard input; unix_stream: the path of the socket',
      ),
    start: choice('end', 'beginning', 'now', 'all')
      .default('end')
      .describe(
        'where to begin with a file that was never read, or an address that was never asked: end (or now): what comes from now on; beginning (or all): what is there too',
      ),
    url: text().optional().describe('poll: address to ask, http:// or https://, with its query'),
    poll_interval: poll_interval.describe('poll: how often it is asked'),
    headers: headers()
      .optional()
      .describe(
        'poll: further headers of the question, such as X-Api-Key: …; one a line, the next ones indented',
      ),
    ...asked,
    ...pushBesidePoll,
  })
  .refine(({ filename }) => filename.length > 0, { path: ['filename'], error: 'must not be empty' })
  .refine(
    ({ filetype, filename }) => filetype !== 'unix_stream' || (filename.length === 1 && filename[0] !== '-'),
    { path: ['filename'], error: 'unix_stream takes the path of one socket' },
  )
  .refine(({ filename }) => filename.length === 1 || !filename.includes('-'), {
    path: ['filename'],
    error: 'standard input (-) cannot be combined with files',
  })
  .refine(({ filetype, url }) => filetype !== 'poll' || url !== undefined, {
    path: ['url'],
    error: 'is required for filetype = poll',
  })

const json: Connector<typeof options> = {
  summary: 'Any tool that writes, sends or answers JSON, with a mapping of your own',
  options,
  needsMapping: true,
  source({ filetype, filename, start, records, identity, headers, url, ...rest }, context) {
    const [path = ''] = filename
    const isNew = start === 'end' || start === 'now'
    if (filetype === 'poll') {
      const look = newRecords({ records, identity, headers: headersIn(headers) })
      return poll(look, pollOptions({ ...rest, url: url ?? '', start: isNew ? 'now' : 'all' }), context)
    }
    if (filetype === 'http') {
      const form = records === undefined ? {} : { form: unfolding(recordsAt(records)) }
      return httpPush({ ...pushOptionsBesidePoll(rest), ...form }, context)
    }
    if (filetype === 'unix_stream') return unixStream({ path }, context)
    if (path === '-') return stdin(context)
    return tail({ paths: filename, start: isNew ? 'end' : 'beginning' }, context)
  },
}

function headersIn(given: Secret | undefined): Record<string, string> {
  const pairs = linesOf(given?.reveal() ?? '').map((line) => {
    const [, name = '', value = ''] = HEADER.exec(line) ?? []
    return [name.toLowerCase(), value.trim()] as const
  })
  return Object.fromEntries(pairs)
}

export default json
