import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'

export interface Answer {
  status: number
  headers?: Record<string, string>
  /** What is said on success, as plain text; nothing where it is left out. */
  text?: string
  /** In a few words; absent on success. */
  error?: string
  /** Where in the body, as a JSON Pointer, and what. */
  faults?: readonly { pointer: string; reason: string }[]
}

/** How long the rest of a refused body is read and thrown away, so that the sender gets to read why. */
const LINGER_MS = 2000

/** Success is empty, or plain text; anything else is `{ "error", "faults": [{ "pointer", "reason" }] }`. */
export function send(response: ServerResponse, { status, headers, text, error, faults }: Answer): void {
  if (error === undefined && text !== undefined) {
    write(response, status, 'text/plain', text, headers).end()
    return
  }
  if (error === undefined) {
    response.writeHead(status, headers).end()
    return
  }
  write(response, status, 'application/json', JSON.stringify({ error, faults }), headers).end()
}

/**
 * Answers a sender that is still sending, then goes on reading for a moment: to close at once would make the kernel
 * reset the connection, and the answer would be lost with it.
 */
export function sendAndLeave(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers, error }: Answer,
): void {
  hangUp(request, response)
  write(response, status, 'application/json', JSON.stringify({ error }), headers)
  const timer = setTimeout(() => cut(request), LINGER_MS).unref()
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => response.end())
  request.resume()
}

/** Breaks off the connection, or of HTTP/2 the stream: there the request is only a view of it, and has no power over it. */
function cut(request: IncomingMessage | Http2ServerRequest): void {
  if ('stream' in request) request.stream.destroy()
  else request.destroy()
}

/** The connection ends with this answer. HTTP/2 has no such header and needs none: its streams are independent. */
export function hangUp(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersionMajor === 1) response.setHeader('connection', 'close')
}

/** A whole answer but for its end. */
export function write(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Record<string, string> = {},
): ServerResponse {
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.write(body)
  return response
}
