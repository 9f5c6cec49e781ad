import { z } from 'zod'
import { pollOptions, poll as pollSettings } from '../../config/poll.ts'
import { also, boolean, duration, list, text } from '../../config/values.ts'
import { poll } from '../../sources/poll.ts'
import { tail } from '../../sources/tail.ts'
import type { Connector } from '../connector.ts'
import { newEvents } from './look.ts'

const { url, ...common } = pollSettings({ url: 'http://127.0.0.1:64298', interval: '30s' })

const options = z.strictObject({
  filename: list()
    .optional()
    .describe(
      'instead of Elasticsearch: JSON logs of Cowrie, Dionaea and Honeytrap; files or globs, separated by commas',
    ),
  url: also(url, 'tpot.elasticsearch_url').describe('address of Elasticsearch'),
  index_pattern: text().prefault('logstash-*').describe('indices that are asked, separated by commas'),
  ...common,
  catch_up: boolean().optional().describe('yes is start = all, as the Python connector calls it'),
  late: duration(0, 86_400_000)
    .prefault('10min')
    .describe('how long after its time an event may be stored and still be found'),
  mapping: text().optional().describe('JSON file with a mapping of your own'),
  exclude_type: list()
    .prefault('Suricata, P0f, Fatt, NGINX')
    .describe('events of these are not sent: types as in the index'),
  exclude_event: list()
    .prefault('cowrie.session.closed, cowrie.session.params, cowrie.log.closed, adbhoney.session.closed')
    .describe('events with these eventids are not sent'),
  passwords: boolean().prefault('no').describe('send the passwords that were tried'),
  attach: list()
    .pipe(z.array(z.enum(['payload', 'raw'])))
    .prefault('')
    .describe(
      'what to attach where the event has it: payload (what was sent to a port of Honeytrap), raw (the whole event, passwords too)',
    ),
})

const tpot: Connector<typeof options> = {
  summary: 'Events of the honeypots of T-Pot, from its Elasticsearch or their logs',
  options,
  source(settings, context) {
    const { filename, index_pattern: index, catch_up, late, exclude_type: excluded } = settings
    const start = catch_up ? 'all' : settings.start
    if (filename) return tail({ paths: filename, start: start === 'all' ? 'beginning' : 'end' }, context)
    const isAll = start === 'all' || context.fromStart === true
    return poll(
      newEvents({ index, excluded, lateMs: late, isAll }),
      { ...pollOptions(settings), start },
      context,
    )
  },
}

export default tpot
