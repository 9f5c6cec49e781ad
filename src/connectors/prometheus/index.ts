import { z } from 'zod'
import { poll, pollOptions } from '../../config/poll.ts'
import { pushBesidePoll, pushOptionsBesidePoll } from '../../config/push.ts'
import { boolean, choice, duration, list, text } from '../../config/values.ts'
import { poll as pollSource } from '../../sources/poll.ts'
import { httpPush, unfolding } from '../../sources/push.ts'
import type { Connector } from '../connector.ts'
import { firingAlerts } from './look.ts'
import { unfold } from './records.ts'
import { PAIR } from './severity.ts'

const options = z.strictObject({
  filetype: choice('poll', 'http')
    .default('poll')
    .describe('poll: ask Prometheus; http: take what Alertmanager or Grafana sends to a webhook'),
  ...poll({ url: 'http://localhost:9090', interval: '30s' }),
  disable_seeding: boolean().prefault('no').describe('yes is start = all, as the Python connector has it'),
  resolve_after: duration(0, 86_400_000)
    .prefault('1min')
    .describe('poll: an alert that Prometheus has not told of for so long has ended'),
  ...pushBesidePoll,
  mapping: text().optional().describe('JSON file with a mapping of your own'),
  resolved: boolean().prefault('yes').describe('send also the end of an alert'),
  watchdog: boolean()
    .prefault('no')
    .describe('send also alerts that fire always: Watchdog, DeadMansSwitch, InfoInhibitor'),
  severities: list()
    .refine((pairs) => pairs.every((pair) => PAIR.test(pair)), 'expected pairs such as page=Medium, 3=Low')
    .prefault('')
    .describe('severities of your own, and the Priority of each: page=Medium, 3=Low'),
  exclude_alert: list().optional().describe('alerts of the rules with these names are not sent'),
  exclude_severity: list()
    .optional()
    .describe('alerts with these severities are not sent, such as none, info'),
  attach: list()
    .pipe(z.array(z.enum(['raw'])))
    .prefault('')
    .describe('what to attach: raw (the whole alert)'),
})

const prometheus: Connector<typeof options> = {
  summary: 'Alerts of Prometheus, asked for or sent by Alertmanager',
  options,
  source(given, context) {
    if (given.filetype === 'http')
      return httpPush({ ...pushOptionsBesidePoll(given), form: unfolding(unfold) }, context)
    const start = given.disable_seeding || context.fromStart ? 'all' : given.start
    return pollSource(
      firingAlerts({ resolveAfterMs: given.resolve_after, start }),
      { ...pollOptions(given), start },
      context,
    )
  },
}

export default prometheus
