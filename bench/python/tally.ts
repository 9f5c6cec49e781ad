import { validate } from '../../src/idmefv2/validate.ts'

const MAX_FAULTS = 20

/** How many messages hold to the version that they name themselves. */
export class Tally {
  messages = 0
  valid = 0
  /** Messages by the version they name. */
  readonly versions: Record<string, number> = {}
  /** What is wrong with the others: the first few kinds, and how often each. */
  readonly faults: Record<string, number> = {}

  add(messages: readonly string[]): void {
    for (const message of messages) {
      const { version = 'none', faults } = validate(JSON.parse(message))
      this.messages++
      this.versions[version] = (this.versions[version] ?? 0) + 1
      if (faults.length === 0) this.valid++
      for (const { pointer, reason } of faults) this.#count(`${pointer} ${reason}`)
    }
  }

  get text(): string {
    const versions = Object.keys(this.versions).join(', ')
    const [fault] = Object.keys(this.faults)
    const valid = `${this.valid.toLocaleString('en')} of ${this.messages.toLocaleString('en')}`
    return `${valid} (${versions})${fault === undefined ? '' : `: ${fault}`}`
  }

  #count(fault: string): void {
    if (fault in this.faults || Object.keys(this.faults).length < MAX_FAULTS)
      this.faults[fault] = (this.faults[fault] ?? 0) + 1
  }
}
