import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Order, Receipt, Ways } from './receiver.ts'

/** The receiver, as a run uses it. */
export class Mailbox {
  readonly #child: ChildProcess
  readonly url: string

  static async open(): Promise<Mailbox> {
    const child = fork(new URL('./receiver.ts', import.meta.url), { stdio: 'inherit' })
    const [{ port }] = await once(child, 'message')
    return new Mailbox(child, `http://127.0.0.1:${port}/`)
  }

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Resolves when so many messages came, each of them once. */
  async receive(messages: number, ways: Ways = {}): Promise<Receipt> {
    this.#order({ begin: messages, ...ways })
    const [receipt]: Receipt[] = await once(this.#child, 'message')
    if (receipt?.messages !== messages || receipt.distinct !== messages)
      throw new Error(
        `${messages} messages were due: ${receipt?.messages} came, ${receipt?.distinct} different ones`,
      )
    return receipt
  }

  /** While it stalls, the receiver reads nothing and answers nothing. */
  stall(stall: boolean): void {
    this.#order({ stall })
  }

  async close(): Promise<void> {
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }

  #order(order: Order): void {
    this.#child.send(order)
  }
}
