import { z } from 'zod'
import { also, bytes, choice, integer, list, text, zone } from '../../config/values.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'

const options = z
  .strictObject({
    logfile: also(list(), 'motionjson.logfile')
      .prefault('/var/log/motion/events.json')
      .describe('files that the script writes, or globs, separated by commas'),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file that was never read before'),
    timezone: zone()
      .prefault('local')
      .describe(
        'zone of times that have none, such as Europe/Paris or +02:00, where Motion runs; local: that of this program',
      ),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    exclude_event: list()
      .prefault('motion_detected, snapshot, timelapse')
      .describe(
        'what is not sent: events as in event_name, snapshot and timelapse (taken whether something moves or not)',
      ),
    priority: choice('high', 'medium', 'low', 'info').default('medium').describe('Priority of a movement'),
    guarded: list()
      .prefault('')
      .describe('cameras of guarded places, by id or name: a movement there has the Priority High'),
    cameras: list()
      .pipe(z.array(z.string().regex(/^[^:]+:./, 'expected ID:NAME')))
      .prefault('')
      .describe('names of cameras, each as ID:NAME'),
    stream_port: integer(0, 65_535)
      .optional()
      .describe(
        "stream_port of Motion's own: the live stream is told when a movement begins; 0, as in Motion, for none",
      ),
    attach: list()
      .pipe(z.array(z.enum(['picture', 'raw'])))
      .prefault('')
      .describe('what to attach: picture (the file, from directory alone), raw (the whole line)'),
    directory: text()
      .optional()
      .describe('target_dir of Motion; nothing is read that does not lie in it, wherever links lead'),
    max_picture: bytes(1, 8 * 1024 ** 2)
      .prefault('256KiB')
      .describe('a larger picture is told, not attached'),
    url: text()
      .refine(URL.canParse, 'expected a URL such as https://cameras.example.org/motion/')
      .optional()
      .describe('where directory is served: pictures and films are told as ExternalURI'),
  })
  .refine(({ logfile }) => logfile.length > 0, { path: ['logfile'], error: 'must not be empty' })
  .refine(({ attach, directory }) => !attach.includes('picture') || directory !== undefined, {
    path: ['directory'],
    error: 'must be set for attach = picture',
  })

const motion: Connector<typeof options> = {
  summary: 'Movements that Motion sees in the pictures of cameras, and cameras it loses',
  options,
  source({ logfile, start }, context) {
    return tail({ paths: logfile, start }, context)
  },
}

export default motion
