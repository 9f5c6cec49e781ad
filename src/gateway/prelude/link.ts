import { setTimeout as sleep } from 'node:timers/promises'
import { Edges, type Log, reason } from '../../state/edges.ts'
import { type Line, openLine } from './line.ts'
import type { Address, Profile } from './profile.ts'

/** Pauses between attempts double from the first to the longest, which is libprelude's. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

export interface LinkOptions {
  profile: Profile
  /** Tried in turn. */
  addresses: readonly Address[]
  log: Log
  /** Said on each new line before anything else. */
  greet(line: Line): Promise<void>
}

/** The way to the managers: a line when there is one, and another one when it breaks, for as long as it takes. */
export class Link {
  readonly #options: LinkOptions
  readonly #edges: Edges
  readonly #stop = new AbortController()
  #line: Promise<Line> | undefined
  #isUp = false
  #why = 'not connected yet'

  constructor(options: LinkOptions) {
    this.#options = options
    this.#edges = new Edges(options.log)
  }

  /** A line that is open, as far as anybody knows. Rejects only when the link was closed. */
  line(): Promise<Line> {
    this.#line ??= this.#connect()
    return this.#line
  }

  /** The line that is there now, if one is. */
  get current(): Promise<Line> | undefined {
    return this.#isUp ? this.#line : undefined
  }

  /** Why there is none. */
  get trouble(): string | undefined {
    return this.#isUp ? undefined : this.#why
  }

  close(): void {
    this.#stop.abort()
    this.#line?.then(
      (line) => line.end(),
      () => undefined, // it never opened
    )
  }

  async #connect(): Promise<Line> {
    const { signal } = this.#stop
    for (
      let attempt = 0, pauseMs = FIRST_PAUSE_MS;
      ;
      attempt++, pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
    ) {
      signal.throwIfAborted()
      try {
        return await this.#attempt(attempt)
      } catch (error) {
        signal.throwIfAborted()
        this.#why = reason(error)
        this.#edges.begin('manager', 'the Prelude manager cannot be reached', { reason: this.#why })
        await sleep(pauseMs, undefined, { signal })
      }
    }
  }

  /** Every address with each of our certificates: a manager knows only the one that was made for it. */
  async #attempt(attempt: number): Promise<Line> {
    const { profile, addresses, log, greet } = this.#options
    const { certificates } = profile
    const address = addresses[attempt % addresses.length]
    const certificate = certificates[Math.floor(attempt / addresses.length) % certificates.length]
    if (!address || certificate === undefined) throw new Error('there is no manager to connect to')
    const line = await openLine(profile, certificate, address, this.#stop.signal)
    void line.closed.then(() => {
      this.#isUp = false
      this.#line = undefined
      this.#why = 'the manager closed the connection'
      if (!this.#stop.signal.aborted) this.#edges.begin('line', 'the connection to the Prelude manager ended')
    })
    await greet(line)
    this.#isUp = true
    this.#edges.end('manager')
    this.#edges.end('line')
    log.info(
      { manager: `${address.host}:${address.port}`, profile: profile.name },
      'connected to a Prelude manager',
    )
    return line
  }
}
