import { z } from 'zod'
import { checkAccess, checkFiles } from './checks.ts'
import { type Gathered, gatherCredentials, hasControl, isPlainAndFar, readSecret } from './credentials.ts'
import { factsOf } from './facts.ts'
import { byPoll } from './listeners.ts'
import { access } from './options.ts'
import type { Parsed } from './parse.ts'
import type { Secret } from './secret.ts'
import { bytes, choice, duration, secret, text } from './values.ts'

/**
 * The options of a connector that asks a tool again and again: spread into its own, each time anew, so that names of the Python
 * connectors can be added to some of them by `also`. `url` and `interval` are the defaults. Its section is then checked by `checkPoll`,
 * and what its source needs of it is given by `pollOptions`.
 */
export function poll({ url, interval }: { url: string; interval: string }) {
  const { login, password, password_file, tls_min_version: _, ...others } = access()
  return {
    url: text().prefault(url).describe('address of the tool, http:// or https://'),
    poll_interval: duration(100, 86_400_000).prefault(interval).describe('how often it is asked'),
    start: choice('now', 'all')
      .default('now')
      .describe(
        'what is sent of a tool that was never asked before: what comes from now on, or all that is there',
      ),
    login,
    password,
    password_file,
    token: secret()
      .optional()
      .describe('token to show instead (Bearer); better in the environment or in token_file'),
    token_file: text().optional().describe('file that holds the token, first line'),
    ...others,
    // Tools are older than receivers.
    tls_min_version: choice('1.3', '1.2').default('1.2').describe('lowest TLS version offered'),
    timeout: duration(10).prefault('30s').describe('time from a request to its whole answer'),
    retry_max: duration(100)
      .prefault('5min')
      .describe(
        'longest pause after requests that failed, Retry-After included; they begin at poll_interval',
      ),
    max_answer: bytes(1024, 256 * 1024 ** 2)
      .prefault('32MiB')
      .describe('largest answer that is taken'),
  }
}

// For its types: what the defaults are does not matter here.
const schema = z.strictObject(poll({ url: 'http://localhost', interval: '1min' }))
export type PollSettings = z.output<typeof schema>

/** As `sources/poll.ts` takes them. */
export function pollOptions(settings: PollSettings) {
  const { poll_interval, timeout, retry_max, max_answer, start, ...access } = settings
  return {
    access: { ...access, http2: 'off' as const },
    intervalMs: poll_interval,
    timeoutMs: timeout,
    maxPauseMs: retry_max,
    maxAnswerBytes: max_answer,
    start,
  }
}

/** Whether a connector has these options. */
export function takesPoll(options: z.ZodObject): boolean {
  return 'max_answer' in options.shape
}

/** `filetype` stands in sections that may take their records otherwise too. */
type Settings = Parsed<typeof schema> & { options: { filetype?: unknown }; schema: z.ZodObject }

/**
 * Holds the options against one another, and against what lies in the files they name. Gives what is to be laid over them: `url` without
 * user name and password, these in their own places, and the secrets that stood in files.
 */
export async function checkPoll(parsed: Settings): Promise<Gathered & { token?: Secret }> {
  const { section, options, faulty } = parsed
  // The cast: `takesPoll` has seen that it has these options.
  const { isAlways } = factsOf(parsed.schema.shape.url as z.ZodType)
  if (!byPoll(options.filetype) && !isAlways) {
    if (section.own.get('url')?.value) section.warn('url', 'is used with filetype = poll only')
    return {}
  }
  const isGiven = (key: 'token' | 'token_file') => options[key] !== undefined || faulty.has(key)
  checkAccess(parsed)
  await checkFiles(parsed)
  const gathered = await gatherCredentials(parsed)
  if (isGiven('token') && isGiven('token_file')) section.error('token_file', 'give this or token, not both')
  const path = options.token_file
  const token = path === undefined ? options.token : await readSecret(section, 'token_file', path)
  if (!token) return gathered
  if (/\s/.test(token.reveal()) || hasControl(token.reveal()))
    section.error('token', 'contains a blank or a control character, which Bearer cannot carry', 'token_file')
  if (gathered.login !== undefined)
    section.warn('token', 'is shown instead of login and password', 'token_file')
  if (isPlainAndFar(gathered.url))
    section.warn('url', 'http:// sends the token over the network for all to read')
  return { ...gathered, token }
}
