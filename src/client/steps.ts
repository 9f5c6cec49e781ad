import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import type { Access } from './access.ts'
import { dial, handshake, mustVerify, pinMismatch, reach } from './connect.ts'
import { Credentials } from './credentials.ts'
import { placeOf, targetOf } from './target.ts'
import { explain } from './words.ts'

export interface Step {
  name: 'dns' | 'tcp' | 'tls' | 'http'
  ok: boolean
  ms: number
  /** In words, with what to do when it went wrong. */
  detail: string
}

export interface Way {
  access: Access
  /** The last step: gives in words what was answered; a `Finding` says what is wrong with it. */
  ask(): Promise<string>
  /** What an error of the way means. */
  inWords(error: unknown): string
}

const DAY_MS = 86_400_000

/** Said by a step that knows itself what is wrong. */
export class Finding extends Error {}

/**
 * Tries the way to a server one step after another, as `check --connect` shows it, and stops at the first that fails. True when every
 * step went well. Throws a `ConfigError` when the access cannot be used.
 */
export async function walk(way: Way, report: (step: Step) => void): Promise<boolean> {
  const { access } = way
  const steps: [Step['name'], () => Promise<string>][] = [
    ['dns', () => resolveName(access)],
    ['tcp', () => connectTcp(access)],
    ['http', () => way.ask()],
  ]
  if (targetOf(access).protocol === 'https:') steps.splice(2, 0, ['tls', () => inspectTls(access)])
  for (const [name, run] of steps) {
    const step = await timed(name, run, way)
    report(step)
    if (!step.ok) return false
  }
  return true
}

async function timed(name: Step['name'], run: () => Promise<string>, way: Way): Promise<Step> {
  const startMs = performance.now()
  const spent = () => Math.round(performance.now() - startMs)
  try {
    const detail = await run()
    return { name, ok: true, ms: spent(), detail }
  } catch (error) {
    return { name, ok: false, ms: spent(), detail: said(error, way) }
  }
}

function said(error: unknown, way: Way): string {
  if (error instanceof Finding) return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return explain('CONNECT_TIMEOUT')
  return way.inWords(error)
}

/** The first host on the way: the proxy, where there is one; it resolves the name of the receiver itself. */
const firstUrl = (access: Access): URL =>
  access.proxy === undefined ? targetOf(access) : new URL(access.proxy)

async function resolveName(access: Access): Promise<string> {
  const { host } = placeOf(firstUrl(access))
  if (isIP(host) !== 0) return `${host} is an address`
  const addresses = await lookup(host, { all: true })
  return `${host} is ${addresses.map(({ address }) => address).join(', ')}`
}

async function connectTcp(access: Access): Promise<string> {
  const place = placeOf(firstUrl(access))
  const socket = await dial(place, AbortSignal.timeout(access.connect_timeout))
  const address = `${socket.remoteAddress} port ${socket.remotePort}`
  socket.destroy()
  return access.proxy === undefined ? `connected to ${address}` : `connected to the proxy, ${address}`
}

/** The handshake is made without checks, so that a certificate that fails them can be described; nothing is sent. */
async function inspectTls(access: Access): Promise<string> {
  const target = targetOf(access)
  const signal = AbortSignal.timeout(access.connect_timeout)
  let socket: Socket | undefined
  try {
    socket = await reach(target, access, signal)
    const credentials = new Credentials(access, target)
    const secured = await handshake(socket, target, access, credentials, false, signal)
    return judge(secured, access)
  } finally {
    socket?.destroy()
  }
}

function judge(socket: TLSSocket, access: Access): string {
  const about = describe(socket.getPeerCertificate())
  const mismatch = pinMismatch(socket, access)
  if (mismatch !== undefined) throw new Finding(`${mismatch.message}; ${about}`)
  if (mustVerify(access) && !socket.authorized) {
    throw new Finding(`${explain(String(socket.authorizationError))}; ${about}`)
  }
  const unchecked = socket.authorized || access.pin_sha256.length > 0 ? '' : '; NOT CHECKED, as verify = no'
  return `${socket.getProtocol()}, ${socket.getCipher().name}; ${about}${unchecked}`
}

function describe({ subject, issuer, subjectaltname, valid_to }: PeerCertificate): string {
  const days = Math.floor((Date.parse(valid_to) - Date.now()) / DAY_MS)
  const left = days < 0 ? `expired on ${new Date(valid_to).toISOString().slice(0, 10)}` : `${days} days left`
  const names = subjectaltname === undefined ? '' : ` (${subjectaltname})`
  return `certificate for ${subject?.CN ?? 'no name'}${names}, issued by ${issuer?.CN ?? issuer?.O ?? 'unknown'}, ${left}`
}
