import { readFileSync, statSync } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import { ConfigError } from '../errors.ts'
import type { Access } from './access.ts'
import type { Log } from './log.ts'

type Key = 'ca' | 'cert' | 'key' | 'password_file' | 'token_file'

interface Secrets {
  context: SecureContext | undefined
  authorization: string | undefined
}

/**
 * What proves who is who: certificates for TLS and the Authorization header, from the options and the files they
 * name. Files may be replaced while we run; what cannot be used is not taken, and the old stays in force.
 */
export class Credentials {
  readonly #options: Access
  readonly #target: URL
  readonly #files: readonly (readonly [Key, string])[]
  #stamp: string
  #secrets: Secrets

  /** Throws a `ConfigError` that names the option when a file cannot be read or used. */
  constructor(options: Access, target: URL) {
    this.#options = options
    this.#target = target
    this.#files = files(options)
    this.#stamp = this.#look()
    this.#secrets = this.#read()
  }

  /** Undefined for plain HTTP. */
  get context(): SecureContext | undefined {
    return this.#secrets.context
  }

  get authorization(): string | undefined {
    return this.#secrets.authorization
  }

  /** Looks whether a file changed; true when new credentials are in force. Cheap: one `stat` a file. */
  refresh(log: Log): boolean {
    const stamp = this.#look()
    if (stamp === this.#stamp) return false
    this.#stamp = stamp
    try {
      this.#secrets = this.#read()
    } catch (error) {
      log.warn({ err: error }, 'new certificate or password files cannot be used; the old ones stay in force')
      return false
    }
    log.info({ files: this.#files.map(([, path]) => path) }, 'certificate or password files were read again')
    return true
  }

  #look(): string {
    return this.#files
      .map(([, path]) => {
        const stat = statSync(path, { throwIfNoEntry: false })
        return stat === undefined ? 'none' : `${stat.ino}:${stat.size}:${stat.mtimeMs}`
      })
      .join()
  }

  #read(): Secrets {
    const texts: Partial<Record<Key, string>> = {}
    for (const [key, path] of this.#files) texts[key] = readText(key, path)
    const { password_file, token_file, ...tls } = texts
    const context = this.#target.protocol === 'https:' ? this.#secure(tls) : undefined
    return { context, authorization: this.#authorize(password_file, token_file) }
  }

  #secure(texts: { ca?: string; cert?: string; key?: string }): SecureContext {
    try {
      return createSecureContext({ ...texts, minVersion: minVersion(this.#options) })
    } catch (error) {
      throw new ConfigError([{ where: 'ca, cert, key', what: `cannot be used: ${message(error)}` }])
    }
  }

  #authorize(passwords: string | undefined, tokens: string | undefined): string | undefined {
    const { login, password, token } = this.#options
    const bearer = firstLine(tokens) ?? token?.reveal()
    if (bearer !== undefined) return `Bearer ${bearer}`
    const word = firstLine(passwords) ?? password?.reveal()
    // As the Python connectors: a login without a password is no credential.
    return login === undefined || word === undefined ? undefined : basic(login, word)
  }
}

const firstLine = (text: string | undefined): string | undefined => text?.split(/\r?\n/, 1)[0]

/** RFC 7617. */
export const basic = (login: string, password = ''): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`

const minVersion = (options: Access) => `TLSv${options.tls_min_version}` as const

function files({
  verify,
  ca,
  cert,
  key,
  password_file,
  token_file,
}: Access): readonly (readonly [Key, string])[] {
  const all = {
    ca: ca ?? (typeof verify === 'string' ? verify : undefined),
    cert,
    key,
    password_file,
    token_file,
  }
  const keys: readonly Key[] = ['ca', 'cert', 'key', 'password_file', 'token_file']
  return keys.flatMap((name) => {
    const path = all[name]
    return path === undefined ? [] : [[name, path] as const]
  })
}

function readText(key: Key, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new ConfigError([{ where: key, what: `cannot be read: ${message(error)}` }])
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error))
