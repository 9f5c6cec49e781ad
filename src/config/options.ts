import { z } from 'zod'
import { VERSIONS, type Version } from '../idmefv2/profiles.ts'
import { boolean, bytes, choice, duration, integer, list, listen, secret, text } from './values.ts'

// Every common option, once: type, default, check and documentation. Defaults are written as an operator would
// write them, so that the sample and the tables are generated from here. Key names are the INI's own.

const version = () =>
  z.string().transform((value, context): Version => {
    const word = value.trim().toUpperCase()
    const found = word && VERSIONS.find((known) => known.toUpperCase().endsWith(word))
    if (found) return found
    context.addIssue({ code: 'custom', message: `expected one of: ${VERSIONS.join(', ')}` })
    return z.NEVER
  })

/** Python's `requests` takes a boolean or the path of a CA file here; so do real configuration files. */
const verify = () =>
  z.string().transform((value): boolean | string => {
    const parsed = boolean().safeParse(value)
    return parsed.success ? parsed.data : value.trim()
  })

const fingerprints = () =>
  list().refine(
    (pins) => pins.every((pin) => /^[\da-f]{64}$/i.test(pin.replaceAll(':', ''))),
    'expected SHA-256 fingerprints of 64 hexadecimal digits each',
  )

export const logging = z.strictObject({
  level: choice('notset', 'trace', 'debug', 'info', 'warn', 'warning', 'error', 'critical', 'fatal')
    .default('info')
    .describe('least severe level that is logged'),
  file: text().optional().describe('append the log to this file instead of standard error'),
  format: choice('auto', 'pretty', 'json')
    .default('auto')
    .describe('auto: pretty on a terminal, JSON lines otherwise'),
})

/** How a server is reached, what it must show and what we show it: the receiver, and tools that are asked, each with options of its own. */
export const access = () => ({
  login: text().optional().describe('user name for HTTP Basic authentication'),
  password: secret()
    .optional()
    .describe('password for HTTP Basic authentication; better in the environment or in password_file'),
  password_file: text().optional().describe('file that holds the password, first line'),
  verify: verify()
    .prefault('yes')
    .describe('check the server certificate; no is for tests only; a path is taken as ca'),
  ca: text().optional().describe('PEM file of certificate authorities to trust instead of the system ones'),
  cert: text().optional().describe('PEM client certificate for mutual TLS'),
  key: text().optional().describe('PEM private key of the client certificate'),
  tls_min_version: choice('1.3', '1.2')
    .default('1.3')
    .describe('lowest TLS version offered; the transport draft forbids less than 1.3'),
  pin_sha256: fingerprints()
    .prefault('')
    .describe(
      'accept only server certificates with one of these SHA-256 fingerprints (hexadecimal, colons allowed)',
    ),
  proxy: text().optional().describe('HTTP proxy to go through (CONNECT), http://[user:password@]host:port'),
  proxy_login: text().optional().describe('user name at the proxy'),
  proxy_password: secret().optional().describe('password at the proxy'),
  connect_timeout: duration(10).prefault('5s').describe('time to connect, TLS included'),
})

export const idmefv2 = z.strictObject({
  url: text()
    .optional()
    .describe('receiver of the messages, http:// or https://; needed for delivery = each and array'),
  ...access(),
  http2: choice('auto', 'off')
    .default('auto')
    .describe('auto: HTTP/2 where the server offers it by ALPN; off: HTTP/1.1'),
  version: version().prefault('2.D.V08').describe('IDMEFv2 version of the messages'),
  delivery: choice('each', 'array', 'stdout', 'file')
    .default('each')
    .describe(
      'each: one message a POST, as the transport draft says; array: one JSON array a POST, for receivers that take it (Concerto does); stdout, file: one message a line',
    ),
  file: text().optional().describe('file that delivery = file appends to'),
  id: choice('position', 'content', 'random')
    .default('position')
    .describe(
      'what a message ID is made from: where the record stands, its bytes, or chance (as the Python connectors)',
    ),
  validate: choice('always', 'sample', 'never')
    .default('sample')
    .describe('check finished messages against the schema: each one, one in a thousand, none'),
  analyzer_name: text().optional().describe('Analyzer.Name; default: the name of the tool'),
  analyzer_ip: text()
    .optional()
    .describe('Analyzer.IP; default: the first address of this host that is not loopback'),
  analyzer_hostname: text().optional().describe('Analyzer.Hostname; default: the name of this host'),
  location: text().optional().describe('Location of the analyzer'),
  organisation: text().optional().describe('OrganisationName of every message'),
  entity: text().optional().describe('EntityName of every message'),
  connections: integer(1, 256).prefault('8').describe('keep-alive connections per worker'),
  max_in_flight: integer(1, 4096)
    .prefault('64')
    .describe('most requests in flight per worker; the adaptive limit stays at or below it'),
  batch_messages: integer(1, 10_000).prefault('500').describe('delivery = array: most messages a POST'),
  batch_bytes: bytes(1024, 64 * 1024 ** 2)
    .prefault('512KiB')
    .describe('delivery = array: most bytes a POST, before compression'),
  gzip: boolean().prefault('no').describe('delivery = array: compress the body'),
  response_timeout: duration(10).prefault('30s').describe('time from the request to the whole answer'),
  retry_min: duration(1).prefault('200ms').describe('shortest pause before a retry'),
  retry_max: duration(1).prefault('30s').describe('longest pause before a retry, Retry-After included'),
  retry_attempts: integer(1, 1000)
    .prefault('5')
    .describe(
      'attempts for a message that alone is answered 500 while others pass; then it goes to the dead-letter file',
    ),
  probe_interval: duration(10)
    .prefault('30s')
    .describe(
      'pause between attempts while the receiver refuses our configuration: 3xx, 401, 403, 404, 405, 407, 421, a certificate',
    ),
  drain_timeout: duration(0).prefault('30s').describe('time to finish what is out after SIGTERM'),
})

export const state = z.strictObject({
  directory: text()
    .optional()
    .describe(
      'where positions and dead letters are kept; default $STATE_DIRECTORY, /var/lib/idmefv2-stream for root, else $XDG_STATE_HOME/idmefv2-stream',
    ),
  checkpoint_interval: duration(10).prefault('1s').describe('positions are written at most this often'),
  dead_letter_max: bytes(1024)
    .prefault('1GiB')
    .describe('most bytes of the dead-letter file; when it is full, reading waits'),
  spool_max: bytes(64 * 1024)
    .prefault('1GiB')
    .describe(
      'most bytes on disk, for each instance, of records that cannot be asked for again (sockets, HTTP); when they are reached, nothing more is taken',
    ),
})

export const metrics = z.strictObject({
  listen: listen()
    .prefault('127.0.0.1:9464')
    .describe('ADDRESS:PORT of /metrics, /livez and /readyz; port 0 picks one; off'),
})

export const workers = z.strictObject({
  count: z
    .string()
    .transform((value, context) => {
      if (value.trim().toLowerCase() === 'auto') return 'auto' as const
      const parsed = integer(1, 256).safeParse(value)
      if (parsed.success) return parsed.data
      context.addIssue({ code: 'custom', message: 'expected auto or a whole number from 1 to 256' })
      return z.NEVER
    })
    .prefault('auto')
    .describe('worker threads; auto: one per core'),
  range_min: bytes(1024).prefault('64KiB').describe('smallest range a backlog is cut into'),
  range_max: bytes(1024, 1024 ** 3)
    .prefault('4MiB')
    .describe('largest range handed to a worker'),
  max_line: bytes(1024, 1024 ** 3)
    .prefault('16MiB')
    .describe('a longer record is counted and dead-lettered'),
  parser: choice('json', 'simdjson')
    .default('json')
    .describe(
      'what parses the few records that the scanner leaves; simdjson is an addon, slower on real lines',
    ),
  document_check: choice('json', 'simdjson')
    .default('json')
    .describe(
      'what tells whether a document in a tree is whole; simdjson is an addon, faster from some kilobytes on (Linux with glibc)',
    ),
  poll_interval: duration(10, 3_600_000)
    .prefault('500ms')
    .describe('how often files are looked at where no notification came'),
})

export const common = { logging, idmefv2, state, metrics, workers }

const accessed = z.strictObject(access())

export type AccessOptions = z.output<typeof accessed>
export type LoggingOptions = z.output<typeof logging>
export type DeliveryOptions = z.output<typeof idmefv2>
export type StateOptions = z.output<typeof state>
export type MetricsOptions = z.output<typeof metrics>
export type WorkerOptions = z.output<typeof workers>
