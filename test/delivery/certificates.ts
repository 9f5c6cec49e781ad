import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

export interface Pair {
  cert: string
  key: string
  fingerprint: string
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A certificate authority of our own in a temporary folder. */
export class Authority {
  readonly directory = mkdtempSync(join(tmpdir(), 'certificates-'))
  readonly ca = this.path('ca.pem')

  constructor(name = 'Test CA') {
    this.#openssl(
      'req',
      '-x509',
      ...KEY,
      '-keyout',
      this.path('ca.key'),
      '-out',
      this.ca,
      '-subj',
      `/CN=${name}`,
    )
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  /** A certificate signed by us; `names` as in subjectAltName. A negative number of days makes it expired. */
  issue(name: string, names = 'IP:127.0.0.1', days = 2): Pair {
    const [cert, key, request] = [
      this.path(`${name}.pem`),
      this.path(`${name}.key`),
      this.path(`${name}.csr`),
    ]
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`]
    this.#openssl('req', ...KEY, '-keyout', key, '-out', request, ...subject)
    const signer = [
      '-CA',
      this.ca,
      '-CAkey',
      this.path('ca.key'),
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
    ]
    this.#openssl('x509', '-req', '-in', request, ...signer, '-days', String(days), '-out', cert)
    return pair(cert, key)
  }

  selfSigned(name: string): Pair {
    const [cert, key] = [this.path(`${name}.pem`), this.path(`${name}.key`)]
    this.#openssl('req', '-x509', ...KEY, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`, '-days', '2')
    return pair(cert, key)
  }

  remove(): void {
    rmSync(this.directory, { recursive: true })
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { stdio: 'ignore' })
  }
}

const pair = (cert: string, key: string): Pair => ({
  cert,
  key,
  fingerprint: new X509Certificate(readFileSync(cert)).fingerprint256,
})
