import { onTestFinished } from 'vitest'
import { timeOf } from '../../src/connectors/kismet/records.ts'
import type { Json } from '../../src/types.ts'
import { Receiver } from '../delivery/receiver.ts'

const ALERT = {
  'kismet.alert.header': 'DEAUTHFLOOD',
  'kismet.alert.class': 'DENIAL',
  'kismet.alert.severity': 10,
  'kismet.alert.source_mac': '02:00:5E:10:00:01',
}

/** Kismet's server as far as alerts go: those after a time, of a backlog that has an end. */
export class Air {
  backlog = 50
  /** By the clock of its host. */
  now = 1_795_318_200
  isWrapped = true
  raised: unknown[] = []
  #alerts: unknown[] = []

  /** One alert now, or at another time by whatever clock. */
  raise(text: string, time = this.now): void {
    this.add({ ...ALERT, 'kismet.alert.timestamp': time, 'kismet.alert.text': text })
  }

  add(alert: unknown): void {
    this.raised.push(alert)
    this.#alerts = [...this.#alerts, alert].slice(-this.backlog)
  }

  /** Nothing is kept over a restart. */
  restart(): void {
    this.#alerts = []
  }

  /** Undefined where there is no such endpoint. */
  answer(path: string): Json | undefined {
    const [, wrapped, since] = /^\/?alerts\/(wrapped\/)?last-time\/([\d.]+)\/alerts\.json$/.exec(path) ?? []
    if (since === undefined || (wrapped && !this.isWrapped)) return undefined
    const alerts = this.#alerts.filter((alert) => (timeOf(alert) ?? 0) > Number(since))
    // Made of JSON values above.
    return { 'kismet.alert.list': alerts as Json[], 'kismet.alert.timestamp': this.now }
  }

  /** Over HTTP on loopback, until the test ends. */
  async serve(allowed: (headers: Record<string, unknown>) => boolean = () => true): Promise<Receiver> {
    const server = new Receiver()
    server.reply = ({ path, headers }, response) => {
      const answer = allowed(headers) ? this.answer(path) : 401
      if (typeof answer === 'object') response.writeHead(200).end(JSON.stringify(answer))
      else response.writeHead(answer === 401 ? 401 : 404).end()
    }
    await server.listen()
    onTestFinished(() => server.close())
    return server
  }
}
