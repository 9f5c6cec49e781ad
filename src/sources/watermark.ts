/** What `open` gives and `done` takes back. */
export interface Ticket<T> {
  readonly item: T
  done: boolean
}

/**
 * Turns completions in any order into a prefix in order: what may be committed is everything before the oldest piece
 * that is not finished. It holds one entry per open piece and those finished behind it.
 */
export class Watermark<T> {
  #tickets: Ticket<T>[] = []
  /** Tickets before it are committed; the array is cut when they are the greater part, so that each costs O(1). */
  #head = 0

  /** Pieces not yet committable. */
  get size(): number {
    return this.#tickets.length - this.#head
  }

  open(item: T): Ticket<T> {
    const ticket = { item, done: false }
    this.#tickets.push(ticket)
    return ticket
  }

  /** Marks a piece as finished and returns the items that may be committed now, in the order they were opened. Once per ticket. */
  done(ticket: Ticket<T>): T[] {
    ticket.done = true
    const items: T[] = []
    for (let next = this.#tickets[this.#head]; next?.done; next = this.#tickets[this.#head]) {
      items.push(next.item)
      this.#head += 1
    }
    if (this.#head * 2 > this.#tickets.length) {
      this.#tickets = this.#tickets.slice(this.#head)
      this.#head = 0
    }
    return items
  }
}
