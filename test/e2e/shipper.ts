import { setTimeout as sleep } from 'node:timers/promises'
import { Oracle } from './oracle.ts'
import { freePort } from './port.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

/** So long a shipper waits before it comes again, whatever Retry-After says: tests have less time than it. */
const PAUSE_MS = 20

/** A site that takes eve lines by HTTP, and a receiver for what becomes of them. */
export async function listening(sections: Parameters<Site['configure']>[1] = {}) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const port = await freePort()
  const { token_file, ...suricata } = sections.suricata ?? {}
  const token = token_file === undefined ? {} : { token_file: site.file(String(token_file), 'hush\n') }
  site.configure(oracle.url, {
    ...sections,
    suricata: { filetype: 'http', listen: `127.0.0.1:${port}`, ...suricata, ...token },
  })
  const program = site.run()
  const { url } = await program.says('taking records')
  return { site, oracle, program, url: String(url) }
}

/** Sends a body until it is taken, as log shippers do: again after 429 and 503, and when there was no answer. */
export class Shipper {
  readonly #url: string
  readonly #headers: Record<string, string>
  /** Answers by status. */
  readonly statuses = new Map<number, number>()
  unanswered = 0

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url
    this.#headers = headers
  }

  /** Resolves when all of it was taken. @throws when it was refused for good */
  async ship(body: string | Buffer, headers: Record<string, string> = {}): Promise<void> {
    await until('the body to be taken', async () => {
      const status = await this.send(body, headers)
      if (status === 204) return true
      if (status !== undefined && ![429, 503].includes(status)) throw new Error(`refused: ${status}`)
      await sleep(PAUSE_MS)
      return false
    })
  }

  /** One attempt; undefined when there was no answer. */
  async send(body: string | Buffer, headers: Record<string, string> = {}): Promise<number | undefined> {
    try {
      const { status } = await fetch(this.#url, {
        method: 'POST',
        body: new Uint8Array(Buffer.from(body)),
        headers: { 'content-type': 'application/x-ndjson', ...this.#headers, ...headers },
      })
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
      return status
    } catch {
      this.unanswered += 1
      return undefined
    }
  }
}
