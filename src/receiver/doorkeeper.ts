import { createHash, timingSafeEqual } from 'node:crypto'
import type { Answer } from './answer.ts'

/** HTTP Basic (RFC 7617). */
export interface Account {
  login: string
  password: string
}

/** Who may come in: whoever knows any of these. */
export interface Keys {
  /** What the door is called to those who are asked. */
  realm: string
  account?: Account | undefined
  /** Bearer (RFC 6750). */
  token?: string | undefined
}

/** So often may an address guess. */
const PENALTY_MS = 1000

/** Addresses remembered; when there are more, the one that guessed first may guess again. */
const MAX_ADDRESSES = 10_000

/**
 * Lets in who knows user name and password, or the token. After a wrong guess nothing that comes from the same address is looked
 * at for a second, right or wrong: so guesses sent side by side are no faster, and neither the answer nor its time tells how near
 * one was.
 */
export class Doorkeeper {
  readonly #expected: ReadonlyMap<string, Buffer>
  readonly #unauthorised: Answer
  readonly #nowMs: () => number
  readonly #guessedMs = new Map<string, number>()

  constructor({ realm, account, token }: Keys, nowMs: () => number = () => performance.now()) {
    const expected = new Map<string, Buffer>()
    const schemes: string[] = []
    if (account) {
      const { login, password } = account
      expected.set('basic', digest(Buffer.from(`${login}:${password}`).toString('base64')))
      schemes.push(`Basic realm="${realm}", charset="UTF-8"`)
    }
    if (token !== undefined) {
      expected.set('bearer', digest(token))
      schemes.push(`Bearer realm="${realm}"`)
    }
    this.#expected = expected
    this.#unauthorised = {
      status: 401,
      headers: { 'www-authenticate': schemes.join(', ') },
      error: account ? 'user name and password are asked for' : 'a token is asked for',
    }
    this.#nowMs = nowMs
  }

  /** The answer to whoever may not come in. */
  bar(authorization: string | undefined, address = ''): Answer | undefined {
    const [, scheme = '', guess = ''] = /^(\w+) +(\S+)$/.exec(authorization ?? '') ?? []
    const expected = this.#expected.get(scheme.toLowerCase())
    if (!expected) return this.#unauthorised // nobody guessed: browsers ask like this before they ask their user
    if (this.#nowMs() - (this.#guessedMs.get(address) ?? Number.NEGATIVE_INFINITY) < PENALTY_MS)
      return TOO_SOON
    if (timingSafeEqual(digest(guess), expected)) return undefined
    this.#guessedMs.delete(address)
    this.#guessedMs.set(address, this.#nowMs())
    const [first] = this.#guessedMs.keys()
    if (first !== undefined && this.#guessedMs.size > MAX_ADDRESSES) this.#guessedMs.delete(first)
    return { ...this.#unauthorised, error: scheme.toLowerCase() === 'bearer' ? WRONG_TOKEN : WRONG_ACCOUNT }
  }
}

const WRONG_ACCOUNT = 'user name or password is wrong'
const WRONG_TOKEN = 'the token is wrong'

const TOO_SOON: Answer = {
  status: 429,
  headers: { 'retry-after': '1' },
  error: 'this address gave a wrong password or token a moment ago',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
