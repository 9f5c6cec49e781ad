import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { numberOf } from './events.ts'
import type { Oracle } from './oracle.ts'

/** A status, or with what the answer says. Nothing: the receiver behind it answers. */
export type Verdict = number | { status: number; text?: string; headers?: OutgoingHttpHeaders } | undefined

/** A receiver in front of the oracle that answers what a test wants it to, and passes on the rest. Closed with the test. */
export async function front(
  oracle: Oracle,
  judge: (number: number, headers: IncomingHttpHeaders) => Verdict,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const verdict = judge(body === '' ? -1 : (numberOf(JSON.parse(body)) ?? -1), request.headers)
    if (verdict !== undefined) {
      const { status, text = '', headers = {} } = typeof verdict === 'number' ? { status: verdict } : verdict
      response.writeHead(status, headers).end(text)
      return
    }
    const answer = await fetch(oracle.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    response.writeHead(answer.status).end(await answer.text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  const { port } = server.address() as AddressInfo // it listens on TCP
  return `http://127.0.0.1:${port}/`
}
