import { constants } from 'node:fs'
import fs from 'node:fs/promises'
import type { z } from 'zod'
import { isLoopback } from '../reach.ts'
import type { access, idmefv2, metrics, workers } from './options.ts'
import type { Parsed } from './parse.ts'

// What no single option can tell: options that need, exclude or bound one another, and what is unsafe together.
// An option whose own value was refused counts as given: one mistake, one message.

/** `isNeeded`: some connector sends its messages to the receiver. */
export function checkDelivery(parsed: Parsed<typeof idmefv2>, isNeeded: boolean): void {
  const { section, options, faulty } = parsed
  const isGiven = (key: keyof typeof options) => options[key] !== undefined || faulty.has(key)
  const { delivery } = options

  if (isNeeded && (delivery === 'each' || delivery === 'array') && !isGiven('url'))
    section.error('url', `is required for delivery = ${delivery}`, 'delivery')
  if (delivery === 'file' && !isGiven('file'))
    section.error('file', 'is required for delivery = file', 'delivery')
  if (exceeds(options.retry_min, options.retry_max))
    section.error('retry_min', 'is longer than retry_max', 'retry_max')
  checkAccess(parsed)
}

type Accessed = Parsed<z.ZodObject<ReturnType<typeof access>>>

/** Of the receiver, and of every tool that is asked. */
export function checkAccess({ section, options, faulty }: Accessed): void {
  const isGiven = (key: keyof typeof options) => options[key] !== undefined || faulty.has(key)
  if (isGiven('cert') && !isGiven('key')) section.error('key', 'is required beside cert', 'cert')
  if (isGiven('key') && !isGiven('cert')) section.error('cert', 'is required beside key', 'key')
  if (typeof options.verify === 'string' && isGiven('ca'))
    section.error('verify', 'give the certificate authorities here or as ca, not both')
  if (options.verify === false)
    section.warn(
      'verify',
      'the certificate is not checked: whoever stands between can read and change alerts',
    )
}

/** Whether messages of a connector go to the receiver: they do unless it has a `destination`, and that is another one. */
export function needsReceiver({ options }: { options: { destination?: unknown } }): boolean {
  return !Array.isArray(options.destination) || options.destination.includes('idmefv2')
}

/** That the files of the TLS options can be read; what is in them is for TLS to judge. */
export async function checkFiles({ section, options }: Accessed): Promise<void> {
  for (const key of ['verify', 'ca', 'cert', 'key'] as const) {
    const path = options[key]
    if (typeof path !== 'string' || (await isReadable(path))) continue
    const what = key === 'verify' ? 'neither yes nor no nor a readable file' : 'not a readable file'
    section.error(key, `${what}, got ${JSON.stringify(path)}`)
  }
}

export function checkMetrics({ section, options }: Parsed<typeof metrics>): void {
  if (options.listen && !isLoopback(options.listen.host))
    section.warn('listen', 'whoever can reach this address can read the metrics')
}

export function checkWorkers({ section, options }: Parsed<typeof workers>): void {
  if (exceeds(options.range_min, options.range_max))
    section.error('range_min', 'is larger than range_max', 'range_max')
}

function exceeds(least: number | undefined, most: number | undefined): boolean {
  return least !== undefined && most !== undefined && least > most
}

function isReadable(path: string): Promise<boolean> {
  return fs.access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
