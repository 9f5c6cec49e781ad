import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { isLoopback, isOwnHost } from '../reach.ts'
import { listen, MAX_HEADERS, PATIENCE } from '../receiver/listen.ts'
import type { Metrics } from './metrics.ts'

// An import runs every getter of the module, and one of them loads a whole fetch: 6 MB and 50 ms at the start.
const { createServer } = process.getBuiltinModule('node:http')

const compress = promisify(gzip)

/** Below this, compressing makes an answer no packet shorter. */
const MIN_GZIP_LENGTH = 1400

/** Why the process is not ready to do its work, or nothing when this condition holds. Asked at every request. */
export type Condition = () => string | undefined

interface Page {
  status: number
  type: string
  body: string
}

const INDEX = `<!doctype html>
<html lang="en">
<title>idmefv2-stream</title>
<h1>idmefv2-stream</h1>
<ul>
<li><a href="/metrics">/metrics</a>: counters and gauges for Prometheus
<li><a href="/livez">/livez</a>: 200 while the process answers
<li><a href="/readyz">/readyz</a>: 200 while it can do its work, else 503 and why not
</ul>
</html>
`

/**
 * Serves `/metrics`, `/livez` and `/readyz` to GET and HEAD; on a loopback address only under names of this host, so that no
 * page of a browser here can read them (DNS rebinding), elsewhere under any name that leads there. Ready means that no condition gives a reason; `readiness`
 * is read at each request, so conditions may be added later. Rejects with `ListenError`. `close` cuts what is open.
 */
export async function startMetricsServer(
  { host = '127.0.0.1', port }: { host?: string; port: number },
  metrics: Metrics,
  readiness: Iterable<Condition>,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(PATIENCE, (request, response) => {
    if (isLoopback(host) && !isOwnHost(request.headers.host, host)) {
      response.writeHead(421, { connection: 'close' }).end()
      return
    }
    answer(request, response, metrics, readiness).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(`${error}\n`)
    })
  })
  server.maxHeadersCount = MAX_HEADERS
  server.maxRequestsPerSocket = 1000
  server.maxConnections = 100 // scrapers are few; more is somebody else's mistake
  const { url } = await listen(server, { host, port })
  return {
    url,
    async close() {
      const closed = server[Symbol.asyncDispose]()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  readiness: Iterable<Condition>,
): Promise<void> {
  const { method, url = '/', headers } = request
  // Nobody sends a body here in good faith, and none is read: Node would take in all of it to keep the connection.
  if ('content-length' in headers || 'transfer-encoding' in headers) response.setHeader('connection', 'close')
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  const { status, type, body } = await page(url.split('?', 1)[0] ?? '/', metrics, readiness)
  response.setHeader('content-type', type)
  response.setHeader('cache-control', 'no-store')
  response.setHeader('vary', 'accept-encoding')
  const smaller = body.length > MIN_GZIP_LENGTH && takesGzip(request)
  const bytes = smaller ? await compress(body) : Buffer.from(body)
  if (smaller) response.setHeader('content-encoding', 'gzip')
  response.setHeader('content-length', bytes.length)
  response.writeHead(status).end(bytes)
}

async function page(path: string, metrics: Metrics, readiness: Iterable<Condition>): Promise<Page> {
  switch (path) {
    case '/metrics':
      return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() }
    case '/livez':
      return text(200, 'ok')
    case '/readyz':
      return ready(readiness)
    case '/':
      return { status: 200, type: 'text/html; charset=utf-8', body: INDEX }
    default:
      return text(404, 'not found')
  }
}

function ready(readiness: Iterable<Condition>): Page {
  const reasons = [...readiness].map((condition) => condition()).filter((reason) => reason !== undefined)
  return reasons.length === 0 ? text(200, 'ok') : text(503, reasons.join('\n'))
}

function text(status: number, line: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n` }
}

/** RFC 9110 §12.5.3, as far as gzip goes: what is said of it, else of `*`, must not weigh 0. */
function takesGzip({ headers }: IncomingMessage): boolean {
  const codings = String(headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.split(';').map((part) => part.trim()))
  const coding = codings.find(([name]) => name === 'gzip') ?? codings.find(([name]) => name === '*')
  return coding !== undefined && !coding.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
}
