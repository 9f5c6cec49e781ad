import { SILENT } from '../client/log.ts'
import { Finding, type Step, walk } from '../client/steps.ts'
import { codeOf, explain } from '../client/words.ts'
import type { DeliveryOptions } from '../config/options.ts'
import { Channel } from './channel.ts'
import { explainStatus, faultOf } from './fault.ts'
import { classify } from './outcome.ts'

/** Our question was the wrong one, but it was heard: 405 from most receivers, 501 from the Python test server. */
const NO_OPTIONS = new Set([405, 501])

/**
 * Tries the way to the receiver, as `walk` does. No alert is sent: the last step asks with OPTIONS. True when every step went well; so it
 * is when messages go to standard output or a file, where there is no way to try. Throws a `ConfigError` when the options cannot be used.
 */
export async function probe(options: DeliveryOptions, report: (step: Step) => void): Promise<boolean> {
  if (options.delivery === 'stdout' || options.delivery === 'file') return true
  return walk({ access: options, ask: () => ask(options), inWords: (error) => faultOf(error).text }, report)
}

async function ask(options: DeliveryOptions): Promise<string> {
  const channel = new Channel(options, SILENT, () => {})
  try {
    const { status, headers } = await channel.ask('OPTIONS', AbortSignal.timeout(options.response_timeout))
    const outcome = classify(status)
    const heard = NO_OPTIONS.has(status) || outcome === 'delivered' || outcome === 'reject'
    if (!heard) throw new Finding(explainStatus(status))
    const allow = headers.allow === undefined ? '' : `, allowed there: ${headers.allow}`
    return `the receiver answers (${status} to OPTIONS${allow}); no alert was sent`
  } catch (error) {
    if (codeOf(error) === 'UNKNOWN' && error instanceof Error && error.name === 'TimeoutError') {
      throw new Finding(explain('RESPONSE_TIMEOUT'))
    }
    throw error
  } finally {
    await channel.close()
  }
}
