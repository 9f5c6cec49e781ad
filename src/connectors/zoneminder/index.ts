import { z } from 'zod'
import { also, boolean, bytes, choice, list, text, zone } from '../../config/values.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'

const options = z
  .strictObject({
    logfile: also(list(), 'zmjson.logfile')
      .prefault('/var/log/zm/events.json')
      .describe('files that the script writes, or globs, separated by commas'),
    start: choice('end', 'beginning')
      .default('end')
      .describe('where to begin with a file that was never read before'),
    timezone: zone()
      .prefault('local')
      .describe(
        'zone of ET in lines without start, such as Europe/Paris or +02:00, where ZoneMinder runs; local: that of this program',
      ),
    mapping: text().optional().describe('JSON file with a mapping of your own'),
    exclude_cause: list()
      .prefault('Continuous')
      .describe('events that have no other cause than these are not sent'),
    exclude_monitor: list().optional().describe('events of these monitors are not sent, by name or id'),
    priority: choice('high', 'medium', 'low', 'info').default('medium').describe('Priority of a movement'),
    priority_by_score: boolean()
      .prefault('no')
      .describe('instead by the highest score of the event: High from 60, Medium from 20, Low below'),
    guarded: list()
      .prefault('')
      .describe('monitors of guarded places, by name or id: a movement there has the Priority High'),
    attach: list()
      .pipe(z.array(z.enum(['picture', 'raw'])))
      .prefault('')
      .describe(
        'what to attach: picture (of the frame with the highest score, from directory alone), raw (the whole line)',
      ),
    directory: text()
      .optional()
      .describe(
        'ZM_DIR_EVENTS, as in /var/cache/zoneminder/events; nothing is read that does not lie in it, wherever links lead',
      ),
    max_picture: bytes(1, 8 * 1024 ** 2)
      .prefault('256KiB')
      .describe('a larger picture is told, not attached'),
    url: text()
      .refine(URL.canParse, 'expected a URL such as https://cameras.example.org/zm/')
      .optional()
      .describe("ZoneMinder's web page: the event is told as Ref, its picture as ExternalURI"),
  })
  .refine(({ logfile }) => logfile.length > 0, { path: ['logfile'], error: 'must not be empty' })
  .refine(({ attach, directory }) => !attach.includes('picture') || directory !== undefined, {
    path: ['directory'],
    error: 'must be set for attach = picture',
  })

const zoneminder: Connector<typeof options> = {
  summary: 'Events of the monitors of ZoneMinder, as its filters hand them over',
  options,
  source({ logfile, start }, context) {
    return tail({ paths: logfile, start }, context)
  },
}

export default zoneminder
