import { z } from 'zod'
import { push, pushOptions } from '../../config/push.ts'
import { address, boolean, bytes, choice, list, text } from '../../config/values.ts'
import { type Judge, loadJudge } from '../../gateway/dtd/validate.ts'
import { Letters } from '../../gateway/letters.ts'
import { PreludeDelivery } from '../../gateway/prelude/delivery.ts'
import { LibpreludeDelivery, loadLibprelude } from '../../gateway/prelude/libprelude.ts'
import { addressesOf, readProfile } from '../../gateway/prelude/profile.ts'
import { Copied } from '../../sources/copy.ts'
import { xmlForm } from '../../sources/idmefv1.ts'
import { httpPush } from '../../sources/push.ts'
import type { Connector, Delivery, SourceContext } from '../connector.ts'

const { path: _, ...common } = push

const options = z.strictObject({
  ...common,
  listen: address()
    .prefault('127.0.0.1:3128')
    .describe('ADDRESS:PORT to take documents at, or a port of the loopback address'),
  socket: text()
    .optional()
    .describe('path of a Unix socket to take them at instead, for a web server in front'),
  max_body: bytes(1024, 64 * 1024 ** 2)
    .prefault('1MiB')
    .describe('largest document, before and after decompression'),
  destination: list()
    .pipe(z.array(z.enum(['idmefv2', 'prelude'])).min(1))
    .prefault('idmefv2')
    .describe(
      'where messages go: idmefv2, converted, to the receiver of [idmefv2]; prelude, as they are, to a Prelude manager; or both',
    ),
  profile: text().prefault('secef').describe('prelude: profile that prelude-admin registered at the manager'),
  profile_directory: text().prefault('/etc/prelude/profile').describe('prelude: where profiles are'),
  manager: text()
    .optional()
    .describe(
      'prelude: ADDRESS:PORT of the manager, several that stand in for one another with || between; default: server-addr of the profile',
    ),
  transport: choice('wire', 'libprelude')
    .default('wire')
    .describe(
      'prelude: wire speaks the protocol of managers itself; libprelude calls that library, which has to be installed, and koffi',
    ),
  heartbeats: choice('drop', 'send')
    .default('drop')
    .describe(
      'idmefv2: what becomes of heartbeats: counted and left, or sent as messages (Availability.HeartBeat)',
    ),
  mapping: text().optional().describe('idmefv2: JSON file with a mapping of your own'),
  validate: boolean()
    .prefault('no')
    .describe('documents must be valid by the DTD of RFC 4765, not only readable'),
  dry_run: boolean().prefault('no').describe('documents are read, judged and answered, and nothing is taken'),
})

type Options = z.output<typeof options>
type Destination = Options['destination'][number]

const idmefv1: Connector<typeof options> = {
  summary: 'IDMEFv1 alerts (RFC 4765, XML) that others send by HTTP',
  options,
  check(own) {
    if (!own.destination.includes('prelude') || own.dry_run) return []
    try {
      const { addresses } = preludeOf(own)
      if (own.transport === 'libprelude') return libpreludeFaults(own)
      return addresses.length > 0 ? [] : ['manager: the profile names none; give its ADDRESS:PORT']
    } catch (error) {
      return [`destination: ${error instanceof Error ? error.message : error}`]
    }
  },
  source: (own, context) => taking(own, context, []),
  async lanes(own, context) {
    const judge = own.validate ? await loadJudge() : undefined
    const [first, ...others] = [...new Set(own.destination)].map((destination) => ({
      destination,
      context: { ...context, connector: laneName(context.connector, destination, own.dry_run) },
    }))
    if (!first) return []
    const copies = others.map((other) => ({
      ...other,
      source: new Copied(first.context.connector, other.context),
    }))
    const filled = copies.map(({ source }) => source)
    return [{ ...first, source: taking(own, first.context, filled, judge) }, ...copies].map((lane) => ({
      name: lane.context.connector,
      source: lane.source,
      ...(lane.destination === 'prelude' && !own.dry_run && { delivery: prelude(own, lane.context) }),
    }))
  },
}

function taking(own: Options, context: SourceContext, copies: readonly Copied[], judge?: Judge) {
  const { path: __, ...settings } = pushOptions({ ...own, path: '/' })
  const form = xmlForm({
    validate: judge && (({ root }) => judge(root)?.join('; ')),
    dryRun: own.dry_run,
    onDocument: (messages) => context.log.debug({ messages, dryRun: own.dry_run }, 'a document was taken'),
  })
  const stores = () => copies.map(({ store }) => store)
  const place = own.socket === undefined ? own.listen : { socket: own.socket }
  return httpPush({ ...settings, address: place, form, copies: stores }, context)
}

/**
 * The messages for the receiver are those of the instance itself. A dry run has a spool of its own, in which nothing ever is, so that
 * what an earlier run left is not sent by it.
 */
function laneName(instance: string, destination: Destination, dryRun: boolean): string {
  const name = destination === 'idmefv2' ? instance : `${instance}/${destination}`
  return dryRun ? `${name}/dry-run` : name
}

function preludeOf({ profile_directory, profile: name, manager }: Options) {
  const profile = readProfile(profile_directory, name)
  return { profile, addresses: manager === undefined ? profile.addresses : addressesOf(manager) }
}

/** It has its own idea of where profiles and managers are. */
function libpreludeFaults({ manager }: Options): readonly string[] {
  loadLibprelude()
  return manager === undefined ? [] : ['manager: libprelude goes to the server-addr of the profile']
}

function prelude(own: Options, context: SourceContext): Delivery {
  const { connector, checkpoints, ledger, max_line: maxLine, log } = context
  const directory = ledger?.directory ?? checkpoints.directory
  const maxBytes = ledger?.dead_letter_max ?? Number.POSITIVE_INFINITY
  const letters = new Letters({ connector, directory, maxBytes, maxLine, log })
  const { profile, addresses } = preludeOf(own)
  if (own.transport === 'libprelude') return new LibpreludeDelivery({ profile, letters, log })
  return new PreludeDelivery({ profile, addresses, letters, log })
}

export default idmefv1
