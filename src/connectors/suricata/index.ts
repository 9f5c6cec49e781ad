import { z } from 'zod'
import { push, pushOptions } from '../../config/push.ts'
import { choice, integer, list, text } from '../../config/values.ts'
import { httpPush } from '../../sources/push.ts'
import { unixStream } from '../../sources/socket.ts'
import { stdin } from '../../sources/stdin.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'

const options = z
  .strictObject({
    filetype: choice('regular', 'unix_stream', 'http')
      .default('regular')
      .describe(
        'regular: follow files; unix_stream: listen on a socket that Suricata connects to; http: take what a shipper sends',
      ),
    filename: list()
      .prefault('/var/log/suricata/eve.json')
      .describe(
        'files or globs, separated by commas; the path of the socket with unix_stream; - is standard input',
      ),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file that was never read before'),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    exclude_category: list()
      .optional()
      .describe('alerts of these classes are not sent; as in alert.category, without comma'),
    exclude_signature_id: list()
      .pipe(z.array(integer(0, 4_294_967_295)))
      .optional()
      .describe('alerts of these signature IDs (sid) are not sent'),
    minimum_severity: integer(0, 255)
      .optional()
      .describe(
        'send only alerts of this severity and more severe ones; 1 is the most severe, so 2 sends 1 and 2',
      ),
    attach: list()
      .pipe(z.array(z.enum(['payload', 'http', 'packet', 'raw'])))
      .prefault('')
      .describe(
        'what to attach where the event has it: payload, http (bodies), packet, raw (the whole event)',
      ),
    ...push,
  })
  .refine(({ filename }) => filename.length > 0, { path: ['filename'], error: 'must not be empty' })
  .refine(
    ({ filetype, filename }) => filetype !== 'unix_stream' || (filename.length === 1 && filename[0] !== '-'),
    {
      path: ['filename'],
      error: 'unix_stream takes the path of one socket',
    },
  )
  .refine(({ filename }) => filename.length === 1 || !filename.includes('-'), {
    path: ['filename'],
    error: 'standard input (-) cannot be combined with files',
  })

const suricata: Connector<typeof options> = {
  summary: 'Alerts of the Suricata intrusion detection system, from its eve.json',
  options,
  source({ filetype, filename, start, ...rest }, context) {
    const [path = ''] = filename
    if (filetype === 'http') return httpPush(pushOptions(rest), context)
    if (filetype === 'unix_stream') return unixStream({ path }, context)
    if (path === '-') return stdin(context)
    return tail({ paths: filename, start }, context)
  },
}

export default suricata
