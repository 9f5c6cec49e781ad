import type { z } from 'zod'
import { isLoopback } from '../reach.ts'
import { type Access, readFirstLine } from './files.ts'
import type { AccessOptions, access } from './options.ts'
import { masked, type Parsed } from './parse.ts'
import { Secret } from './secret.ts'
import type { Teller } from './section.ts'

/** Every section that has them. */
type Accessed = Parsed<z.ZodObject<ReturnType<typeof access> & { url: z.ZodType<string | undefined> }>>

/** Undefined where nothing was given. */
export type Gathered = Partial<AccessOptions & { url: string | undefined }>

/** Who we are to whom: the options that hold an address and what we show there. */
const ACCOUNTS = [
  { address: 'url', login: 'login', password: 'password' },
  { address: 'proxy', login: 'proxy_login', password: 'proxy_password' },
] as const

type Account = (typeof ACCOUNTS)[number]

/**
 * Brings credentials to one place each, however they were written: user name and password out of `url` to `login`
 * and `password` (out of `proxy` to `proxy_login` and `proxy_password`), the content of `password_file` to
 * `password`. The addresses that remain are http or https URLs without credentials.
 */
export async function gatherCredentials(parsed: Accessed): Promise<Gathered> {
  const gathered: Gathered = { ...parsed.options }
  await takeFile(parsed, gathered)
  for (const account of ACCOUNTS) {
    takeAddress(parsed, gathered, account)
    checkAccount(parsed, gathered, account)
  }
  if (gathered.password && isPlainAndFar(gathered.url))
    parsed.section.warn('url', 'http:// sends the password over the network for all to read')
  return gathered
}

async function takeFile({ section, options, faulty }: Accessed, gathered: Gathered): Promise<void> {
  const path = options.password_file
  if (path === undefined) return
  if (options.password || faulty.has('password'))
    section.error('password_file', 'give this or password, not both')

  const password = await readSecret(section, 'password_file', path)
  if (password) gathered.password = password
}

/** The first line of the file that an option names; undefined when there is none, which is then told. */
export async function readSecret(section: Teller, key: string, path: string): Promise<Secret | undefined> {
  const read = await readFirstLine(path)
  if (read.fault !== undefined) {
    section.error(key, `${JSON.stringify(path)} ${read.fault}`)
    return undefined
  }
  warnOfReaders(section, key, read)
  return new Secret(read.text)
}

/** Of a file that only its owner should read. */
export function warnOfReaders(section: Teller, key: string, { mode }: Access): void {
  if (mode & 0o044) section.warn(key, `others than its owner can read it (mode 0${mode.toString(8)})`)
}

function takeAddress({ section }: Accessed, gathered: Gathered, account: Account): void {
  const { address, login, password } = account
  const written = gathered[address]
  if (written === undefined) return
  const url = URL.parse(written)
  // WHATWG parsing would drop line ends and tabs. Credentials may be in there even when it is no URL.
  if (!url || /\s/.test(written) || !['http:', 'https:'].includes(url.protocol)) {
    const shown = written.includes('@') ? '(value not shown)' : `got ${JSON.stringify(masked(written))}`
    section.error(address, `expected a URL that begins with http:// or https://, ${shown}`)
    return
  }
  if (!url.username && !url.password) return

  const [user, word] = [decoded(url.username), decoded(url.password)]
  if (user === undefined || word === undefined) {
    section.error(address, 'user name and password in it must be percent-encoded UTF-8')
    return
  }
  if (user && gathered[login] !== undefined) section.error(login, `${address} holds a user name too`)
  if (word && gathered[password] !== undefined)
    section.error(password, `${address} holds a password too`, address)
  if (user) gathered[login] = user
  if (word) gathered[password] = new Secret(word)
  url.username = ''
  url.password = ''
  gathered[address] = url.href
}

function checkAccount({ section, faulty }: Accessed, gathered: Gathered, account: Account): void {
  const { address, login, password } = account
  const user = gathered[login]
  const word = gathered[password]
  // While one of these is refused for a reason of its own, what is missing cannot be told.
  const isKnown = ![address, login, password, 'password_file'].some((key) => faulty.has(key))
  if (isKnown && user && !word && !gathered.password_file)
    section.warn(login, `is not used without ${password}`, address)
  if (isKnown && word && !user)
    section.warn(password, `is not used without ${login}`, 'password_file', address)

  // RFC 7617, section 2: no colon in a user name, no control characters at all.
  if (user?.includes(':'))
    section.error(login, 'contains a colon, which Basic authentication cannot carry', address)
  if (user && hasControl(user)) section.error(login, 'contains a control character', address)
  if (word && hasControl(word.reveal()))
    section.error(password, 'contains a control character', 'password_file', address)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // Malformed percent-encoding is told by the caller, who knows the option.
    return undefined
  }
}

export function hasControl(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\x7f')
}

export function isPlainAndFar(address: string | undefined): boolean {
  const url = address === undefined ? null : URL.parse(address)
  return url?.protocol === 'http:' && !isLoopback(url.hostname)
}
