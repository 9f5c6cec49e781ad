import { z } from 'zod'
import { pollOptions, poll as pollSettings } from '../../config/poll.ts'
import { also, integer, list, text } from '../../config/values.ts'
import { poll } from '../../sources/poll.ts'
import type { Connector } from '../connector.ts'
import { newAlerts } from './look.ts'

const common = pollSettings({ url: 'http://localhost:2501', interval: '10s' })

const options = z.strictObject({
  ...common,
  login: also(text(), 'kismet.username')
    .optional()
    .describe('user name of Kismet (~/.kismet/kismet_httpd.conf)'),
  poll_interval: also(common.poll_interval, 'kismet.polling_interval'),
  token: common.token.describe(
    'API key of Kismet instead of login and password; better in the environment or in token_file',
  ),
  token_file: common.token_file.describe('file that holds the API key, first line'),
  mapping: text().optional().describe('JSON file with a mapping of your own'),
  exclude_alert: list()
    .transform((names) => names.map((name) => name.toUpperCase()))
    .prefault('')
    .describe('alerts of these names are not sent, such as ROOTUSER'),
  minimum_severity: integer(0, 20)
    .optional()
    .describe('send only alerts of this severity and above: 0 info, 5 low, 10 medium, 15 high, 20 critical'),
})

/** The Python connector wants the address of an endpoint. */
const baseOf = (url: string) => url.replace(/\/alerts\/[^?#]*/, '/')

const kismet: Connector<typeof options> = {
  summary: 'Alerts of the Kismet wireless intrusion detection, asked for at its server',
  options,
  source({ url, token, token_file: _, ...rest }, context) {
    // Kismet takes an API key as its cookie, and knows no Bearer.
    const headers: Record<string, string> = token
      ? { cookie: `KISMET=${token.reveal()}`, authorization: '' }
      : {}
    const onGap = () =>
      context.log.warn(
        { url: baseOf(url) },
        'alerts may have been missed: Kismet was started again, or raised more than its alertbacklog between two looks',
      )
    return poll(newAlerts({ headers, onGap }), pollOptions({ ...rest, url: baseOf(url) }), context)
  },
}

export default kismet
