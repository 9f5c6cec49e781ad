import { createHash, timingSafeEqual } from 'node:crypto'
import type { Answer } from './answer.ts'

/** Who may send and look, by HTTP Basic (RFC 7617). */
export interface Account {
  login: string
  password: string
}

/** So often may an address guess. */
const PENALTY_MS = 1000

/** Addresses remembered; when there are more, the one that guessed first may guess again. */
const MAX_ADDRESSES = 10_000

/**
 * Lets in who knows user name and password. After a wrong guess nothing that comes from the same address is looked at for
 * a second, right or wrong: so guesses sent side by side are no faster, and neither the answer nor its time tells how near
 * one was.
 */
export class Doorkeeper {
  readonly #expected: Buffer
  readonly #nowMs: () => number
  readonly #guessedMs = new Map<string, number>()

  constructor({ login, password }: Account, nowMs: () => number = () => performance.now()) {
    this.#expected = digest(Buffer.from(`${login}:${password}`).toString('base64'))
    this.#nowMs = nowMs
  }

  /** The answer to whoever may not come in. */
  bar(authorization: string | undefined, address = ''): Answer | undefined {
    const guess = /^basic +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (guess === undefined) return UNAUTHORISED // nobody guessed: browsers ask like this before they ask their user
    if (this.#nowMs() - (this.#guessedMs.get(address) ?? Number.NEGATIVE_INFINITY) < PENALTY_MS)
      return TOO_SOON
    if (timingSafeEqual(digest(guess), this.#expected)) return undefined
    this.#guessedMs.delete(address)
    this.#guessedMs.set(address, this.#nowMs())
    const [first] = this.#guessedMs.keys()
    if (first !== undefined && this.#guessedMs.size > MAX_ADDRESSES) this.#guessedMs.delete(first)
    return UNAUTHORISED
  }
}

const UNAUTHORISED: Answer = {
  status: 401,
  headers: { 'www-authenticate': 'Basic realm="IDMEFv2 test server", charset="UTF-8"' },
  error: 'user name and password are asked for',
}
const TOO_SOON: Answer = {
  status: 429,
  headers: { 'retry-after': '1' },
  error: 'this address gave a wrong password a moment ago',
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
