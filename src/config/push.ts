import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { z } from 'zod'
import { isLoopback } from '../reach.ts'
import { hasControl, readSecret, warnOfReaders } from './credentials.ts'
import { readText } from './files.ts'
import { byHttp } from './listeners.ts'
import type { Parsed } from './parse.ts'
import type { Secret } from './secret.ts'
import type { Teller } from './section.ts'
import { address, bytes, secret, text } from './values.ts'

/**
 * The options of a connector that takes records by HTTP: spread into its own. Its section is then checked by
 * `checkPush`, and what its source needs of it is given by `pushOptions`.
 */
export const push = {
  listen: address()
    .prefault('127.0.0.1:9880')
    .describe('http: ADDRESS:PORT to take records at, or a port of the loopback address'),
  path: text()
    .refine((path) => /^\/[^?#\s]*$/.test(path), 'expected a path that begins with / and has neither ? nor #')
    .prefault('/')
    .describe('http: the path that takes records'),
  login: text().optional().describe('http: user name that senders must give (HTTP Basic)'),
  password: secret()
    .optional()
    .describe('http: and their password; better in the environment or in password_file'),
  password_file: text().optional().describe('http: file that holds the password, first line'),
  token: secret()
    .optional()
    .describe(
      'http: token that senders may give instead (Bearer); better in the environment or in token_file',
    ),
  token_file: text().optional().describe('http: file that holds the token, first line'),
  tls_cert: text().optional().describe('http: serve HTTPS with this PEM certificate'),
  tls_key: text().optional().describe('http: and its private key'),
  tls_ca: text()
    .optional()
    .describe('http: senders must show a certificate that one of these authorities signed'),
  max_body: bytes(1024, 256 * 1024 ** 2)
    .prefault('10MiB')
    .describe('http: largest body, before and after decompression'),
}

const { login, password, password_file, token, token_file, ...listening } = push
const RENAMED = { login, password, password_file, token, token_file }

/**
 * The same for a connector that also asks its tool (`config/poll.ts`), where `login` and its like are what we show there: what senders
 * must show has names of its own.
 */
export const pushBesidePoll = {
  ...listening,
  sender_login: login,
  sender_password: password,
  sender_password_file: password_file,
  sender_token: token,
  sender_token_file: token_file,
}

const schema = z.strictObject(push)
const schemaBesidePoll = z.strictObject(pushBesidePoll)
export type PushSettings = z.output<typeof schema>
export type PushSettingsBesidePoll = z.output<typeof schemaBesidePoll>

/** As `pushOptions`. */
export function pushOptionsBesidePoll(settings: PushSettingsBesidePoll) {
  const { sender_login: login, sender_password: password, sender_token: token, ...others } = settings
  return pushOptions({ ...others, login, password, token })
}

interface Proofs extends Partial<Record<'login' | 'tls_cert' | 'tls_key' | 'tls_ca', string | undefined>> {
  password?: Secret | undefined
  token?: Secret | undefined
}

/** As `sources/push.ts` takes them. PEM files are read here; that they can be was found when the configuration was read. */
export function pushOptions({
  listen,
  path,
  login,
  password,
  token,
  max_body,
  ...files
}: Pick<PushSettings, 'listen' | 'path' | 'max_body'> & Proofs) {
  const { tls_cert, tls_key, tls_ca } = files
  const ca = tls_ca === undefined ? {} : { ca: readFileSync(tls_ca, 'utf8') }
  const tls = tls_cert !== undefined &&
    tls_key !== undefined && {
      cert: readFileSync(tls_cert, 'utf8'),
      key: readFileSync(tls_key, 'utf8'),
      ...ca,
      // Shippers are older than receivers.
      minVersion: 'TLSv1.2' as const,
    }
  return {
    address: listen,
    path,
    account: login !== undefined && password ? { login, password: password.reveal() } : undefined,
    token: token?.reveal(),
    tls: tls || undefined,
    maxBodyBytes: max_body,
  }
}

/** Whether a connector has these options. */
export function takesPush(options: z.ZodObject): boolean {
  return options.shape.tls_cert === push.tls_cert
}

/** `filetype` stands in sections that may take their records otherwise too. */
type Settings = Pick<Parsed<typeof schema>, 'options' | 'faulty'> & {
  options: { filetype?: unknown }
  section: Teller
}

/** Those that nobody leaves standing without a thought, as one may leave defaults. */
const GUARDS = [...Object.keys(RENAMED), 'tls_cert', 'tls_key', 'tls_ca']

/**
 * Holds the options against one another, and against what lies in the files they name. Gives what is to be laid over them:
 * the passwords that stood in files.
 */
export async function checkPush(
  parsed: Parsed<typeof schema> & { schema: z.ZodObject },
): Promise<Record<string, unknown>> {
  const { section } = parsed
  const isBesidePoll = 'sender_login' in parsed.schema.shape
  const settings: Settings = isBesidePoll ? besidePoll(parsed) : parsed
  if (byHttp(settings.options.filetype)) {
    const gathered = await gatherKeys(settings)
    await checkTls(settings)
    checkReach(settings)
    return isBesidePoll ? keyed(gathered, senders) : gathered
  }
  for (const key of isBesidePoll ? GUARDS.map(senders) : GUARDS)
    if (section.own.get(key)?.value) section.warn(key, 'is used with filetype = http only')
  return {}
}

const senders = (key: string) => (Object.hasOwn(RENAMED, key) ? `sender_${key}` : key)
const NAMES = new RegExp(`\\b(?:${Object.keys(RENAMED).toReversed().join('|')})\\b`, 'g')

const keyed = (values: object, name: (key: string) => string) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), value]))

/** Under the names that the options have elsewhere; what is told of them has those that the operator reads. */
function besidePoll({ section, options, faulty }: Parsed<typeof schema>): Settings {
  const plain = (key: string) => key.replace(/^sender_/, '')
  const told = (what: string) => what.replace(NAMES, senders)
  const own = Object.entries(options).filter(([key]) => !Object.hasOwn(RENAMED, key))
  return {
    // The cast: with these names they are the options of `push`.
    options: keyed(Object.fromEntries(own), plain) as Settings['options'],
    faulty: new Set([...faulty].filter((key) => !Object.hasOwn(RENAMED, key)).map(plain)),
    section: {
      error: (key, what, ...others) => section.error(senders(key), told(what), ...others.map(senders)),
      warn: (key, what, ...others) => section.warn(senders(key), told(what), ...others.map(senders)),
    },
  }
}

async function gatherKeys(parsed: Settings): Promise<Partial<PushSettings>> {
  const { section, options, faulty } = parsed
  const isGiven = (key: keyof typeof push) => options[key] !== undefined || faulty.has(key)
  const gathered: Partial<PushSettings> = {}
  for (const [key, file] of [
    ['password', 'password_file'],
    ['token', 'token_file'],
  ] as const) {
    const path = options[file]
    if (path !== undefined && isGiven(key)) section.error(file, `give this or ${key}, not both`, key)
    const read = path === undefined ? undefined : await readSecret(section, file, path)
    const value = read ?? options[key]
    if (value) gathered[key] = value
    if (value && hasControl(value.reveal())) section.error(key, 'contains a control character', file)
  }
  const hasPassword = isGiven('password') || isGiven('password_file')
  if (isGiven('login') && !hasPassword) section.error('login', 'needs password or password_file beside it')
  if (hasPassword && !isGiven('login')) section.error('password', 'needs login beside it', 'password_file')
  // RFC 7617, section 2.
  if (options.login?.includes(':')) section.error('login', 'contains a colon, which Basic cannot carry')
  if (gathered.token && /\s/.test(gathered.token.reveal()))
    section.error('token', 'contains a blank, which Bearer cannot carry', 'token_file')
  return gathered
}

/** More than any chain of certificates. */
const MAX_PEM_BYTES = 1024 ** 2

async function checkTls({ section, options, faulty }: Settings): Promise<void> {
  const isGiven = (key: keyof typeof push) => options[key] !== undefined || faulty.has(key)
  if (isGiven('tls_cert') && !isGiven('tls_key'))
    section.error('tls_key', 'is required beside tls_cert', 'tls_cert')
  if (isGiven('tls_key') && !isGiven('tls_cert'))
    section.error('tls_cert', 'is required beside tls_key', 'tls_key')
  if (isGiven('tls_ca') && !isGiven('tls_cert'))
    section.error('tls_ca', 'is of no use without tls_cert and tls_key')
  const { tls_cert, tls_key, tls_ca } = options
  if (tls_cert === undefined || tls_key === undefined) return
  const pems: { cert?: string; key?: string; ca?: string } = {}
  for (const [name, key] of [
    ['cert', 'tls_cert'],
    ['key', 'tls_key'],
    ['ca', 'tls_ca'],
  ] as const) {
    const path = { tls_cert, tls_key, tls_ca }[key]
    if (path === undefined) continue
    const read = await readText(path, MAX_PEM_BYTES)
    if (read.fault !== undefined) {
      section.error(key, `${JSON.stringify(path)} ${read.fault}`)
      continue
    }
    pems[name] = read.text
    if (key === 'tls_key') warnOfReaders(section, key, read)
  }
  if (pems.cert === undefined || pems.key === undefined) return
  try {
    createSecureContext(pems)
  } catch (error) {
    // What OpenSSL says names no secret: which part does not fit, or is no PEM.
    section.error('tls_cert', `cannot be used with its key: ${(error as Error).message}`, 'tls_key')
  }
}

function checkReach({ section, options, faulty }: Settings): void {
  if (!options.listen || isLoopback(options.listen.host) || options.tls_ca !== undefined) return
  // What was given and cannot be used is told already.
  const isGuarded = (['password', 'password_file', 'token', 'token_file', 'tls_ca'] as const).some(
    (key) => options[key] !== undefined || faulty.has(key),
  )
  if (!isGuarded) section.warn('listen', 'whoever can reach this address can send what is taken for alerts')
  else if (options.tls_cert === undefined)
    section.warn('listen', 'without TLS the password and the records can be read on their way')
}
