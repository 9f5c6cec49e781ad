import { RequestError } from '../client/error.ts'
import { codeOf, explain, isAboutTls } from '../client/words.ts'
import type { PollFault } from '../types.ts'

// What went wrong with a look, from what was thrown: pure.

/** Thrown by a probe that understood the answer, and that the tool refuses. The message is logged: nothing secret, nothing of the answer. */
export class LookError extends Error {
  readonly fault: PollFault
  override name = 'LookError'
  constructor(fault: PollFault, message: string) {
    super(message)
    this.fault = fault
  }
}

export interface Trouble {
  fault: PollFault
  /** In words, with what to do. */
  text: string
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof LookError) return { fault: error.fault, text: error.message }
  if (!(error instanceof RequestError)) return ofOther(error)
  const { code, status, message } = error
  switch (code) {
    case 'RESPONSE_TIMEOUT':
      return { fault: 'timeout', text: message }
    case 'PIN_MISMATCH':
      return { fault: 'untrusted', text: message }
    case 'TOO_LARGE':
      return { fault: 'too_large', text: `${message}: raise max_answer, or have the tool answer less` }
    case 'MALFORMED':
      return { fault: 'malformed', text: message }
    case 'REDIRECT':
      return { fault: 'status', text: `it redirects elsewhere (${status}), which is not followed: check url` }
    case 'STATUS':
      return ofStatus(status)
    case 'PROXY':
      return { fault: 'unreachable', text: `${message}: check proxy, proxy_login and proxy_password` }
    default:
      return ofSocket(error.cause ?? error)
  }
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  401: 'it wants other credentials (401): check login, password and token',
  403: 'it forbids it (403): check login, password and token, and what they may see there',
  404: 'it knows no such path (404): check url',
  429: 'it has too many requests (429)',
}

function ofStatus(status: number): Trouble {
  const fault = status === 401 || status === 403 ? 'unauthorised' : 'status'
  return { fault, text: STATUS_WORDS[status] ?? `it answered ${status}` }
}

function ofSocket(error: unknown): Trouble {
  const code = codeOf(error)
  return { fault: isAboutTls(code) ? 'untrusted' : 'unreachable', text: explain(code, error) }
}

/** Of the system, of undici's sockets, and of its parser. */
const CONNECTION = /^(E[A-Z\d]+|UND_ERR_(SOCKET|INFO|CLOSED|DESTROYED)|HPE_\w+)$/

/** Anything but a broken connection is a probe that met what it did not expect; such a message may quote the answer. */
function ofOther(error: unknown): Trouble {
  const code = codeOf(error)
  if (CONNECTION.test(code) || isAboutTls(code)) return ofSocket(error)
  const name = error instanceof Error ? error.name : typeof error
  return { fault: 'failed', text: `the answer was not understood (${name})` }
}
