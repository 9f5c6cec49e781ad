import type { AccessOptions } from '../config/options.ts'
import type { Secret } from '../config/secret.ts'

/** Which server, how it is reached and known, and what we show it: the options by their own names. */
export interface Access extends AccessOptions {
  /** http or https. */
  url?: string | undefined
  http2: 'auto' | 'off'
  /** Sent as Bearer (RFC 6750), in the place of login and password. */
  token?: Secret | undefined
  /** Its first line is the token; read again when it changes. */
  token_file?: string | undefined
}
