import { onTestFinished } from 'vitest'
import { Receiver } from '../delivery/receiver.ts'

/** An event as the API has it, with the hosts of its trigger. */
export interface Event {
  eventid: string
  objectid: string
  value: '0' | '1'
  name: string
  severity: string
  clock: string
  ns: string
  r_eventid: string
  hosts: { hostid: string; host: string; name: string }[]
}

interface Request {
  method: string
  params: Record<string, unknown>
  auth?: string
}

type Refusal = { code: number; message: string; data: string }

const INVALID = { code: -32602, message: 'Invalid params.' }
const NOT_AUTHORISED: Refusal = { ...INVALID, data: 'Not authorized.' }
const TERMINATED: Refusal = { ...INVALID, data: 'Session terminated, re-login, please.' }

const INTERFACE = { type: '1', main: '1', useip: '1', ip: '192.0.2.10', dns: '', port: '10050' }
const WEB = { hostid: '10680', host: 'web01', name: 'Web 01 é' }

/** What each method takes; servers from 7.0 on refuse everything else. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  'event.get': [
    'source',
    'object',
    'output',
    'selectHosts',
    'selectTags',
    'selectAcknowledges',
    'sortfield',
    'sortorder',
    'limit',
    'eventids',
    'objectids',
    'eventid_from',
    'eventid_till',
    'value',
  ],
  'problem.get': ['output', 'sortfield', 'sortorder', 'limit', 'eventid_from', 'eventid_till'],
  'host.get': ['hostids', 'output', 'selectInterfaces'],
}

/** The API of a Zabbix server as it is documented for its version, and as 6.0 and 7.0 were seen to behave. */
export class FakeZabbix {
  readonly server = new Receiver()
  readonly events: Event[] = []
  readonly requests: { method: string; authorization: string | undefined; auth: unknown; params: unknown }[] =
    []
  version: string
  user = { username: 'Admin', password: 'zabbix-secret' }
  token = 'api-token-secret'
  sessions = new Set<string>()
  #logins = 0

  private constructor(version: string) {
    this.version = version
    this.server.reply = ({ body, headers }, response) => {
      const answer = this.#answer(body.toString(), headers.authorization)
      // Errors too.
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    }
  }

  static async start(version: string): Promise<FakeZabbix> {
    const zabbix = new FakeZabbix(version)
    await zabbix.server.listen()
    onTestFinished(() => zabbix.server.close())
    return zabbix
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}/api_jsonrpc.php`
  }

  /** A problem of a trigger; gives its number. */
  raise(name: string, { id = this.#next(), trigger = '25220', severity = '4' } = {}): string {
    const clock = String(1795318000 + Number(id))
    const event: Event = {
      eventid: id,
      objectid: trigger,
      value: '1',
      name,
      severity,
      clock,
      ns: '5',
      r_eventid: '0',
      hosts: [WEB],
    }
    this.events.push(event)
    return id
  }

  /** The problem ends. */
  solve(...ids: string[]): string {
    const ended = this.events.filter(({ eventid }) => ids.includes(eventid))
    const [first] = ended
    if (first === undefined) throw new Error('there is no such problem')
    const end = this.raise(first.name, { trigger: first.objectid, severity: '0' })
    for (const event of this.events) {
      if (event.eventid === end) event.value = '0'
      if (ids.includes(event.eventid)) event.r_eventid = end
    }
    return end
  }

  get logins(): number {
    return this.#logins
  }

  #next(): string {
    return String(Math.max(0, ...this.events.map(({ eventid }) => Number(eventid))) + 1)
  }

  #isFrom(least: number): boolean {
    const [major = 0, minor = 0] = this.version.split('.').map(Number)
    return major * 10 + minor >= least
  }

  #answer(body: string, authorization: string | undefined): object {
    const { method, params, auth } = JSON.parse(body) as Request // what the connector sends
    this.requests.push({ method, authorization, auth, params })
    const envelope = { jsonrpc: '2.0', id: 1 }
    const outcome = this.#outcome({ method, params, ...(auth !== undefined && { auth }) }, authorization)
    return 'code' in outcome ? { ...envelope, error: outcome } : { ...envelope, ...outcome }
  }

  #outcome(
    { method, params, auth }: Request,
    authorization: string | undefined,
  ): { result: unknown } | Refusal {
    if (method === 'apiinfo.version') {
      const isAsked = auth === undefined && authorization === undefined
      return isAsked
        ? { result: this.version }
        : { ...INVALID, data: 'The "apiinfo.version" method must be called without the "auth" parameter.' }
    }
    if (method === 'user.login') return this.#logIn(params)
    if (this.#isFrom(72) && auth !== undefined)
      return { ...INVALID, data: 'Invalid parameter "/": unexpected parameter "auth".' }
    const shown = this.#isFrom(64) ? (auth ?? authorization?.replace(/^Bearer /, '')) : auth
    if (shown === undefined) return NOT_AUTHORISED
    if (shown !== this.token && !this.sessions.has(shown)) return TERMINATED
    const unknown = Object.keys(params).find((key) => !PARAMETERS[method]?.includes(key))
    if (unknown !== undefined && this.#isFrom(70))
      return { ...INVALID, data: `Invalid parameter "/": unexpected parameter "${unknown}".` }
    if (method === 'event.get') return { result: this.#found(params, this.events) }
    if (method === 'problem.get')
      return {
        result: this.#found(
          params,
          this.events.filter(({ value, r_eventid }) => value === '1' && r_eventid === '0'),
        ),
      }
    if (method === 'host.get') return { result: [{ hostid: WEB.hostid, interfaces: [INTERFACE] }] }
    return { code: -32601, message: 'Method not found.', data: `Incorrect method "${method}".` }
  }

  #logIn(params: Record<string, unknown>): { result: string } | Refusal {
    const [name] = Object.keys(params).filter((key) => key !== 'password')
    if (name === 'user' && this.#isFrom(64))
      return { ...INVALID, data: 'Invalid parameter "/": unexpected parameter "user".' }
    if (params[name ?? ''] !== this.user.username || params.password !== this.user.password)
      return {
        code: -32500,
        message: 'Application error.',
        data: 'Incorrect user name or password or account is temporarily blocked.',
      }
    this.#logins++
    const session = `session-secret-${this.#logins}`
    this.sessions.add(session)
    return { result: session }
  }

  #found(params: Record<string, unknown>, events: readonly Event[]): unknown[] {
    const {
      eventid_from = 0,
      eventid_till = Number.POSITIVE_INFINITY,
      eventids,
      objectids,
      value,
      limit,
      sortorder,
    } = params
    const listed = (list: unknown, item: unknown) =>
      !Array.isArray(list) || list.map(String).includes(String(item))
    const found = events
      .filter(
        ({ eventid }) => Number(eventid) >= Number(eventid_from) && Number(eventid) <= Number(eventid_till),
      )
      .filter(
        (event) =>
          listed(eventids, event.eventid) && listed(objectids, event.objectid) && listed(value, event.value),
      )
      .toSorted((a, b) => Number(a.eventid) - Number(b.eventid))
    if (sortorder === 'DESC') found.reverse()
    const tags = [{ tag: 'scope', value: 'availability' }]
    return found.slice(0, Number(limit ?? found.length)).map((event) => {
      if (Array.isArray(params.output)) return { eventid: event.eventid }
      return {
        ...event,
        source: '0',
        object: '0',
        acknowledged: '0',
        suppressed: '0',
        opdata: '',
        urls: [],
        userid: '0',
        c_eventid: '0',
        tags,
      }
    })
  }
}
