export interface Stats {
  /** POST requests, up to the end of their body or of the patience with it. */
  requests: number
  /** Messages in them: `valid + invalid`. What was answered 503 on purpose is not looked into. */
  received: number
  /** Messages stored and acknowledged. */
  valid: number
  /** Messages refused; an array is refused whole. */
  invalid: number
  /** Valid messages whose ID had been seen before. */
  duplicates: number
  /** Bytes of bodies, as they came over the wire. */
  bytes: number
  /** Valid messages in the last whole second. */
  perSecond: number
  bestSecond: number
  /** How often each status was answered. */
  answers: Record<number, number>
}

/** IDs remembered at least; about 100 bytes each, and twice as many at most. */
const MAX_IDS = 500_000

/** Counts, and a bounded memory of IDs: the last half million at least. */
export class Tally {
  readonly answers: Record<number, number> = {}
  requests = 0
  valid = 0
  invalid = 0
  duplicates = 0
  bytes = 0
  #recent = new Set<string>()
  #older = new Set<string>()
  readonly #maxIds: number
  readonly #nowMs: () => number
  #second = 0
  #inSecond = 0
  #perSecond = 0
  #bestSecond = 0

  constructor(maxIds = MAX_IDS, nowMs: () => number = () => performance.now()) {
    this.#maxIds = maxIds
    this.#nowMs = nowMs
  }

  /** Counts a valid message and says whether its ID is known already. UUIDs compare without regard to case. */
  accept(id: unknown): boolean {
    this.valid += 1
    this.#tick()
    this.#inSecond += 1
    const key = String(id).toLowerCase()
    if (this.#recent.has(key) || this.#older.has(key)) {
      this.duplicates += 1
      return true
    }
    if (this.#recent.size >= this.#maxIds) {
      this.#older = this.#recent
      this.#recent = new Set()
    }
    this.#recent.add(key)
    return false
  }

  answered(status: number): void {
    this.answers[status] = (this.answers[status] ?? 0) + 1
  }

  stats(): Stats {
    this.#tick()
    const { requests, valid, invalid, duplicates, bytes } = this
    const counts = { requests, received: valid + invalid, valid, invalid, duplicates, bytes }
    const rates = { perSecond: this.#perSecond, bestSecond: Math.max(this.#bestSecond, this.#inSecond) }
    return { ...counts, ...rates, answers: { ...this.answers } }
  }

  #tick(): void {
    const second = Math.floor(this.#nowMs() / 1000)
    if (second === this.#second) return
    this.#perSecond = second === this.#second + 1 ? this.#inSecond : 0
    this.#bestSecond = Math.max(this.#bestSecond, this.#inSecond)
    this.#second = second
    this.#inSecond = 0
  }
}
