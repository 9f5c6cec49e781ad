import { z } from 'zod'
import { push, pushOptions } from '../../config/push.ts'
import { address, bytes, choice, text } from '../../config/values.ts'
import { xmlForm } from '../../sources/idmefv1.ts'
import { httpPush } from '../../sources/push.ts'
import type { Connector } from '../connector.ts'

const { path: _, ...common } = push

const options = z.strictObject({
  ...common,
  listen: address()
    .prefault('127.0.0.1:3128')
    .describe('ADDRESS:PORT to take documents at, or a port of the loopback address'),
  max_body: bytes(1024, 64 * 1024 ** 2)
    .prefault('1MiB')
    .describe('largest document, before and after decompression'),
  heartbeats: choice('drop', 'send')
    .default('drop')
    .describe('what becomes of heartbeats: counted and left, or sent as messages (Availability.HeartBeat)'),
  mapping: text().optional().describe('JSON file with a mapping of your own'),
})

const idmefv1: Connector<typeof options> = {
  summary: 'IDMEFv1 alerts (RFC 4765, XML) that others send by HTTP',
  options,
  source(own, context) {
    const { path: __, ...settings } = pushOptions({ ...own, path: '/' })
    return httpPush({ ...settings, form: xmlForm() }, context)
  },
}

export default idmefv1
