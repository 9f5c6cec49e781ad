import { z } from 'zod'
import { Client } from '../../client/client.ts'
import { poll, pollOptions } from '../../config/poll.ts'
import { pushBesidePoll, pushOptionsBesidePoll } from '../../config/push.ts'
import { address, also, always, boolean, integer, text, zone } from '../../config/values.ts'
import { ConfigError } from '../../errors.ts'
import { poll as asked } from '../../sources/poll.ts'
import { httpPush, unfolding } from '../../sources/push.ts'
import type { Connector } from '../connector.ts'
import type { Credentials } from './api.ts'
import { completing } from './complete.ts'
import { lookBy } from './look.ts'
import { unfold } from './records.ts'

const api = poll({ url: 'http://127.0.0.1/zabbix/api_jsonrpc.php', interval: '30s' })

/** That of the Python connector. */
const PORT = 9090

/** The words of the Python connector's `[connector] mode`. */
const MODES: Readonly<Record<string, 'poll' | 'http'>> = { polling: 'poll', push: 'http' }

const options = z.strictObject({
  filetype: also(
    text()
      .transform((word) => MODES[word.toLowerCase()] ?? word.toLowerCase())
      .pipe(z.enum(['poll', 'http'], { error: 'expected one of: poll, http' })),
    'connector.mode',
  )
    .prefault('poll')
    .describe('poll: ask the API; http: take what the media type of Zabbix sends'),
  mapping: text().optional().describe('JSON file with a mapping of your own'),
  minimum_severity: integer(0, 5)
    .optional()
    .describe('send only problems of this severity and above: 2 Warning, 3 Average, 4 High, 5 Disaster'),
  suppressed: boolean()
    .prefault('yes')
    .describe('send also problems that are suppressed, as those of hosts in maintenance are'),
  timezone: zone()
    .prefault('local')
    .describe('http: zone of dates that a request has without a timestamp, such as Europe/Paris or +02:00'),
  ...api,
  url: always(api.url.describe('address of the API or the frontend of Zabbix, http:// or https://')),
  login: also(
    api.login.describe(
      'user of Zabbix; with http, what a request lacks is asked for when this or token is given',
    ),
    'zabbix.user',
  ),
  password: api.password.describe('password of that user; better in the environment or in password_file'),
  token: api.token.describe('API token instead of a user; better in the environment or in token_file'),
  ...pushBesidePoll,
  listen: also(address(PORT), 'connector.listen_address:listen_port')
    .prefault(`127.0.0.1:${PORT}`)
    .describe('http: ADDRESS:PORT to take requests at, or a port of the loopback address'),
  path: pushBesidePoll.path.prefault('/alert'),
})

const zabbix: Connector<typeof options> = {
  summary: 'Problems of Zabbix and their ends, by its API or its webhook',
  options,
  check(settings) {
    return settings.filetype === 'poll' && credentialsIn(settings) === undefined ? [NEEDED] : []
  },
  source(settings, context) {
    const credentials = credentialsIn(settings)
    const { access, ...pace } = pollOptions({ ...settings, url: apiAt(settings.url) })
    if (settings.filetype === 'poll') {
      if (credentials === undefined)
        throw new ConfigError([{ where: `[${context.connector}]`, what: NEEDED }])
      return asked(lookBy({ url: access.url, credentials }), { access, ...pace }, context)
    }
    const client = credentials && new Client(access, { ...pace, log: context.log })
    const details = client && credentials && { url: access.url, credentials, ask: client.ask.bind(client) }
    const form = { ...unfolding(unfold), complete: completing(details, context.log) }
    const pushed = httpPush({ ...pushOptionsBesidePoll(settings), form }, context)
    return {
      work: (signal) => pushed.work(signal),
      commit: (work) => pushed.commit(work),
      lag: () => pushed.lag(),
      notReady: () => pushed.notReady?.(),
      async close() {
        await pushed.close()
        await client?.close()
      },
    }
  },
}

const NEEDED = 'give login and password, or token: without them Zabbix cannot be asked'

type Settings = z.output<typeof options>

function credentialsIn({ login, password, token }: Settings): Credentials | undefined {
  if (token) return { token: token.reveal() }
  return login !== undefined && password ? { user: login, password: password.reveal() } : undefined
}

/** The address may be that of the frontend. */
function apiAt(url: string): string {
  const api = new URL(url)
  if (!api.pathname.endsWith('.php')) api.pathname = `${api.pathname.replace(/\/+$/, '')}/api_jsonrpc.php`
  return api.href
}

export default zabbix
