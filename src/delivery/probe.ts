import { lookup } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { dial, handshake, mustVerify, pinMismatch, reach } from '../client/connect.ts'
import { Credentials } from '../client/credentials.ts'
import { SILENT } from '../client/log.ts'
import { placeOf, targetOf } from '../client/target.ts'
import { codeOf, explain } from '../client/words.ts'
import type { DeliveryOptions } from '../config/options.ts'
import { Channel } from './channel.ts'
import { explainStatus, faultOf } from './fault.ts'
import { classify } from './outcome.ts'

export interface Step {
  name: 'dns' | 'tcp' | 'tls' | 'http'
  ok: boolean
  ms: number
  /** In words, with what to do when it went wrong. */
  detail: string
}

const DAY_MS = 86_400_000

/** Our question was the wrong one, but it was heard: 405 from most receivers, 501 from the Python test server. */
const NO_OPTIONS = new Set([405, 501])

/**
 * Tries the way to the receiver one step after another, as `check --connect` shows it, and stops at the first that
 * fails. No alert is sent: the last step asks with OPTIONS. True when every step went well; so it is when messages
 * go to standard output or a file, where there is no way to try. Throws a `ConfigError` when the options cannot be used.
 */
export async function probe(options: DeliveryOptions, report: (step: Step) => void): Promise<boolean> {
  if (options.delivery === 'stdout' || options.delivery === 'file') return true
  const target = targetOf(options)
  const steps: [Step['name'], () => Promise<string>][] = [
    ['dns', () => resolveName(options)],
    ['tcp', () => connectTcp(options)],
    ['http', () => ask(options)],
  ]
  if (target.protocol === 'https:') steps.splice(2, 0, ['tls', () => inspectTls(options)])
  for (const [name, run] of steps) {
    const step = await timed(name, run)
    report(step)
    if (!step.ok) return false
  }
  return true
}

async function timed(name: Step['name'], run: () => Promise<string>): Promise<Step> {
  const startMs = performance.now()
  const spent = () => Math.round(performance.now() - startMs)
  try {
    const detail = await run()
    return { name, ok: true, ms: spent(), detail }
  } catch (error) {
    return { name, ok: false, ms: spent(), detail: inWords(error) }
  }
}

/** Said by a step that knows itself what is wrong. */
class Finding extends Error {}

function inWords(error: unknown): string {
  if (error instanceof Finding) return error.message
  if (error instanceof Error && error.name === 'TimeoutError') return explain('CONNECT_TIMEOUT')
  return faultOf(error).text
}

/** The first host on the way: the proxy, where there is one; it resolves the name of the receiver itself. */
const firstUrl = (options: DeliveryOptions): URL =>
  options.proxy === undefined ? targetOf(options) : new URL(options.proxy)

async function resolveName(options: DeliveryOptions): Promise<string> {
  const { host } = placeOf(firstUrl(options))
  if (isIP(host) !== 0) return `${host} is an address`
  const addresses = await lookup(host, { all: true })
  return `${host} is ${addresses.map(({ address }) => address).join(', ')}`
}

async function connectTcp(options: DeliveryOptions): Promise<string> {
  const place = placeOf(firstUrl(options))
  const socket = await dial(place, AbortSignal.timeout(options.connect_timeout))
  const address = `${socket.remoteAddress} port ${socket.remotePort}`
  socket.destroy()
  return options.proxy === undefined ? `connected to ${address}` : `connected to the proxy, ${address}`
}

/** The handshake is made without checks, so that a certificate that fails them can be described; nothing is sent. */
async function inspectTls(options: DeliveryOptions): Promise<string> {
  const target = targetOf(options)
  const signal = AbortSignal.timeout(options.connect_timeout)
  let socket: Socket | undefined
  try {
    socket = await reach(target, options, signal)
    const credentials = new Credentials(options, target)
    const secured = await handshake(socket, target, options, credentials, false, signal)
    return judge(secured, options)
  } finally {
    socket?.destroy()
  }
}

function judge(socket: TLSSocket, options: DeliveryOptions): string {
  const about = describe(socket.getPeerCertificate())
  const mismatch = pinMismatch(socket, options)
  if (mismatch !== undefined) throw new Finding(`${mismatch.message}; ${about}`)
  if (mustVerify(options) && !socket.authorized) {
    throw new Finding(`${explain(String(socket.authorizationError))}; ${about}`)
  }
  const unchecked = socket.authorized || options.pin_sha256.length > 0 ? '' : '; NOT CHECKED, as verify = no'
  return `${socket.getProtocol()}, ${socket.getCipher().name}; ${about}${unchecked}`
}

function describe({ subject, issuer, subjectaltname, valid_to }: PeerCertificate): string {
  const days = Math.floor((Date.parse(valid_to) - Date.now()) / DAY_MS)
  const left = days < 0 ? `expired on ${new Date(valid_to).toISOString().slice(0, 10)}` : `${days} days left`
  const names = subjectaltname === undefined ? '' : ` (${subjectaltname})`
  return `certificate for ${subject?.CN ?? 'no name'}${names}, issued by ${issuer?.CN ?? issuer?.O ?? 'unknown'}, ${left}`
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
