import type { Access } from '../client/access.ts'
import { Client } from '../client/client.ts'
import { RequestError } from '../client/error.ts'
import { SILENT } from '../client/log.ts'
import { Finding, type Step, walk } from '../client/steps.ts'
import { troubleOf } from './trouble.ts'

export interface AttemptOptions {
  access: Access
  timeoutMs: number
  maxAnswerBytes: number
}

/** Tries the way to a tool that is asked, as `walk` does. The last step gets `url` itself, which changes nothing there. */
export function attempt(options: AttemptOptions, report: (step: Step) => void): Promise<boolean> {
  return walk(
    { access: options.access, ask: () => get(options), inWords: (error) => troubleOf(error).text },
    report,
  )
}

async function get({ access, ...bounds }: AttemptOptions): Promise<string> {
  const client = new Client(access, { ...bounds, log: SILENT })
  try {
    const { status } = await client.ask({}, new AbortController().signal)
    return `the tool answers (${status})`
  } catch (error) {
    return heard(error)
  } finally {
    await client.close()
  }
}

/** What its connector asks for lies below `url`: there itself may be a page, a redirect to one, or nothing. */
function heard(error: unknown): string {
  if (!(error instanceof RequestError)) throw error
  const { code, status } = error
  const isBarred = [401, 403, 407].includes(status)
  if (code === 'MALFORMED' || code === 'TOO_LARGE') return 'the tool answers, with a page'
  const isHeard = (code === 'STATUS' || code === 'REDIRECT') && !isBarred && status < 500
  if (!isHeard) throw new Finding(troubleOf(error).text)
  return `the tool answers (${status} at url itself, which may be right)`
}
