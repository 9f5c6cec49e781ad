import type { ServerResponse } from 'node:http'
import { type Answer, write } from '../receiver/answer.ts'

/** What the Python test server answers: 200, 501 for a method, 500 and a line of text for all else but 503. */
export function sendAsPython(response: ServerResponse, { status, headers, error, faults }: Answer): void {
  if (status === 204) response.writeHead(200, { 'content-length': 0 }).end()
  else if (error === undefined || status === 503)
    response.writeHead(status, { ...headers, 'content-length': 0 }).end()
  else
    write(
      response,
      500,
      'text/plain; charset=utf-8',
      faults?.[0] ? `${faults[0].pointer} ${faults[0].reason}` : error,
    ).end()
}
