import { LookError } from '../../sources/poll.ts'
import { isTold, type Told, textOf } from './told.ts'

// Zabbix's API: JSON-RPC 2.0 over HTTP. Every answer that the API itself gives has the status 200, errors too.

/** One request: gives the JSON of the answer. Throws what the client throws when there is none. */
export type Post = (body: unknown, authorization: string | undefined) => Promise<unknown>

export type Credentials = { user: string; password: string } | { token: string }

/** A method of the API that reads; gives its list. */
export type Call = (method: string, params: Told) => Promise<readonly Told[]>

/** What servers of different versions want in different ways. */
export interface Dialect {
  version: string
  /** The parameter of `user.login`: `user` until 5.2; 6.4 refuses that. */
  user: 'user' | 'username'
  /** Where the session goes: servers before 6.4 know it in the body alone, those from 7.2 on in the header alone. */
  session: 'body' | 'header'
}

export function dialectOf(version: string): Dialect {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isFrom = (first: number, second: number) => major > first || (major === first && minor >= second)
  return {
    version,
    user: isFrom(5, 4) ? 'username' : 'user',
    session: isFrom(6, 4) ? 'header' : 'body',
  }
}

interface Opened {
  dialect: Dialect
  /** What shows that we are logged in. */
  key: string
}

/**
 * A session at one server, kept over many calls: asks for the version first, logs in when there is something to ask, and
 * again when the session has ended. With an API token there is no login.
 */
export class Session {
  readonly #credentials: Credentials
  #opened: Promise<Opened> | undefined
  #version: string | undefined

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** Of the server, when it was last asked. */
  get version(): string | undefined {
    return this.#version
  }

  /** Calls by `post`. They throw a `LookError` for what Zabbix refuses. */
  by(post: Post): Call {
    return async (method, params) => {
      const wasOpen = this.#opened !== undefined
      try {
        return await this.#ask(method, params, post)
      } catch (error) {
        // Sessions end by time, by hand, and with an upgrade, after which the server may speak another dialect.
        if (wasOpen && isUnauthorised(error)) return this.#ask(method, params, post)
        throw error
      }
    }
  }

  async #ask(method: string, params: Told, post: Post): Promise<readonly Told[]> {
    this.#opened ??= this.#open(post)
    const opened = this.#opened
    try {
      const { dialect, key } = await opened
      const isInBody = dialect.session === 'body'
      const request = { ...envelope(method, params), ...(isInBody && { auth: key }) }
      return listIn(await post(request, isInBody ? undefined : `Bearer ${key}`), method)
    } catch (error) {
      if (this.#opened === opened) this.#opened = undefined
      throw error
    }
  }

  async #open(post: Post): Promise<Opened> {
    this.#version = await versionBy(post)
    const dialect = dialectOf(this.#version)
    return { dialect, key: await this.#logIn(dialect, post) }
  }

  async #logIn({ user }: Dialect, post: Post): Promise<string> {
    if ('token' in this.#credentials) return this.#credentials.token
    const params = { [user]: this.#credentials.user, password: this.#credentials.password }
    const key = resultIn(await post(envelope('user.login', params), undefined))
    if (typeof key === 'string' && key !== '') return key
    throw new LookError('malformed', 'the login gave no session')
  }
}

function isUnauthorised(error: unknown): boolean {
  return error instanceof LookError && error.fault === 'unauthorised'
}

function listIn(answer: unknown, method: string): readonly Told[] {
  const result = resultIn(answer)
  if (Array.isArray(result)) return result.filter(isTold)
  throw new LookError('malformed', `${method} gave no list`)
}

/** It is refused when it comes with a session. */
async function versionBy(post: Post): Promise<string> {
  const version = resultIn(await post(envelope('apiinfo.version', []), undefined))
  if (typeof version === 'string' && /^\d+\.\d/.test(version)) return version
  throw new LookError('malformed', 'what answers is not the API of Zabbix: check url')
}

function envelope(method: string, params: unknown): Told {
  return { jsonrpc: '2.0', method, params, id: 1 }
}

function resultIn(answer: unknown): unknown {
  if (isTold(answer) && isTold(answer.error)) throw refusal(answer.error)
  if (isTold(answer) && 'result' in answer) return answer.result
  throw new LookError('malformed', 'the answer is no JSON-RPC: check url')
}

/** A session that ended and a parameter that is wrong have the same code, -32602; a wrong password has -32500. */
const UNAUTHORISED = /re-?login|not authori[sz]ed|incorrect user name|permission|blocked|api token expired/i

/** Nothing of what Zabbix says goes on: it may quote what was asked. */
function refusal({ code, message, data }: Told): LookError {
  const said = [message, data].flatMap((part) => textOf(part) ?? []).join(' ')
  return UNAUTHORISED.test(said)
    ? new LookError(
        'unauthorised',
        'Zabbix refuses the session, the login or the token: check login, password and token, and what the role of the user may call',
      )
    : new LookError('failed', `Zabbix cannot answer (error ${textOf(code) ?? 'without a code'})`)
}
