import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import type { Delivery } from '../../connectors/connector.ts'
import type { Message } from '../../idmefv1/record.ts'
import { type Log, reason } from '../../state/edges.ts'
import type { Work } from '../../types.ts'
import type { Done } from '../../worker/messages.ts'
import type { Letters } from '../letters.ts'
import { gatewayAnalyzer, relayed } from './analyzer.ts'
import { encode, valuesIn } from './encode.ts'
import { MAY_WRITE, priorityOf, TAG } from './frames.ts'
import { batchOf } from './records.ts'

// libprelude itself, called through koffi: the same bytes as over the wire, its own connection, heartbeats and spool.

/** Version 5 of the library. */
const LIBRARY = 'libprelude.so.28'

/** Heartbeats and reconnection in a thread of libprelude's own; they would wait for calls of ours otherwise. */
const ASYNC_TIMER = 2

/** What koffi gives for a pointer to something that only C looks into. */
type Pointer = object

interface Functions {
  prelude_init(argc: null, argv: null): number
  prelude_deinit(): void
  prelude_client_new(client: [Pointer | null], profile: string): number
  prelude_client_set_required_permission(client: Pointer, permission: number): void
  prelude_client_get_flags(client: Pointer): number
  prelude_client_set_flags(client: Pointer, flags: number): number
  prelude_client_start(client: Pointer): number
  prelude_client_send_msg(client: Pointer, message: Pointer): void
  prelude_client_destroy(client: Pointer, status: number): void
  prelude_client_get_analyzer(client: Pointer): Pointer
  idmef_analyzer_new_model(analyzer: Pointer, text: [Pointer | null]): number
  idmef_analyzer_new_class(analyzer: Pointer, text: [Pointer | null]): number
  prelude_string_set_dup(text: Pointer, value: string): number
  prelude_msg_new(
    message: [Pointer | null],
    values: number,
    bytes: number,
    tag: number,
    priority: number,
  ): number
  prelude_msg_set(message: Pointer, tag: number, length: number, value: Buffer | null): number
  prelude_msg_destroy(message: Pointer): void
  prelude_strerror(code: number): string
}

/** As C declares them. */
const DECLARATIONS: Readonly<Record<keyof Functions, string>> = {
  prelude_init: 'int prelude_init(void *argc, void *argv)',
  prelude_deinit: 'void prelude_deinit()',
  prelude_client_new: 'int prelude_client_new(_Out_ void **client, const char *profile)',
  prelude_client_set_required_permission:
    'void prelude_client_set_required_permission(void *client, int permission)',
  prelude_client_get_flags: 'int prelude_client_get_flags(void *client)',
  prelude_client_set_flags: 'int prelude_client_set_flags(void *client, int flags)',
  prelude_client_start: 'int prelude_client_start(void *client)',
  prelude_client_send_msg: 'void prelude_client_send_msg(void *client, void *message)',
  prelude_client_destroy: 'void prelude_client_destroy(void *client, int status)',
  prelude_client_get_analyzer: 'void *prelude_client_get_analyzer(void *client)',
  idmef_analyzer_new_model: 'int idmef_analyzer_new_model(void *analyzer, _Out_ void **text)',
  idmef_analyzer_new_class: 'int idmef_analyzer_new_class(void *analyzer, _Out_ void **text)',
  prelude_string_set_dup: 'int prelude_string_set_dup(void *text, const char *value)',
  prelude_msg_new:
    'int prelude_msg_new(_Out_ void **message, size_t values, size_t bytes, uint8_t tag, int priority)',
  prelude_msg_set: 'int prelude_msg_set(void *message, uint8_t tag, uint32_t length, const void *value)',
  prelude_msg_destroy: 'void prelude_msg_destroy(void *message)',
  prelude_strerror: 'const char *prelude_strerror(int code)',
}

interface Loaded {
  call: Functions
  /** In a thread of its own: libprelude waits there for a manager that takes nothing. */
  send(client: Pointer, message: Pointer): Promise<void>
}

/** Once for the process: it cannot be loaded a second time. */
let loaded: Loaded | undefined

/** @throws {Error} saying what is not installed */
export function loadLibprelude(): Loaded {
  if (loaded) return loaded
  const library = koffi().load(LIBRARY)
  const functions = Object.entries(DECLARATIONS).map(([name, text]) => [name, library.func(text)] as const)
  // The table above has a declaration for each of them.
  const call = Object.fromEntries(functions) as unknown as Functions
  if (call.prelude_init(null, null) < 0) throw new Error('libprelude cannot be initialised')
  const sending = functions.find(([name]) => name === 'prelude_client_send_msg')?.[1]
  loaded = { call, send: promisify<Pointer, Pointer, void>(sending?.async) }
  return loaded
}

function koffi() {
  try {
    // An optional package: it is there when it was asked for, or not.
    return createRequire(import.meta.url)('koffi')
  } catch (error) {
    throw new Error(`the package koffi is not installed: ${reason(error)}`)
  }
}

export interface LibpreludeOptions {
  profile: { name: string; analyzerid: string }
  /** Closed with this. */
  letters: Pick<Letters, 'bury' | 'close'>
  log: Log
}

/** Sends spooled messages by libprelude, one at a time. What it took is in its hands: sent, or in its own spool on the disk. */
export class LibpreludeDelivery implements Delivery {
  readonly maxOut = 2
  readonly #options: LibpreludeOptions
  readonly #loaded: Loaded
  readonly #client: Pointer
  readonly #analyzer: ReturnType<typeof gatewayAnalyzer>
  /** libprelude would wait with a lock that every other call needs. */
  #turn: Promise<unknown> = Promise.resolve()
  readonly #stopped = new AbortController()

  /** @throws {Error} in words for the operator, when libprelude cannot use the profile */
  constructor(options: LibpreludeOptions) {
    const { profile, log } = options
    this.#options = options
    this.#loaded = loadLibprelude()
    this.#analyzer = gatewayAnalyzer(profile.analyzerid, profile.name)
    this.#client = this.#start(profile.name)
    log.info({ profile: profile.name }, 'sending by libprelude')
  }

  run(work: Work): Promise<Done> {
    const acted = this.#turn.then(() => this.#send(work))
    this.#turn = acted.catch(() => undefined)
    return acted
  }

  /** It does not say. */
  notReady(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    if (this.#stopped.signal.aborted) return
    this.#stopped.abort()
    await this.#turn
    await this.#options.letters.close()
    // Its last heartbeat says that we end in good order.
    this.#loaded.call.prelude_client_destroy(this.#client, 0)
  }

  async #send(work: Work): Promise<Done> {
    const { messages, broken, done } = batchOf(work)
    await this.#options.letters.bury(broken, this.#options.profile.name, this.#stopped.signal)
    for (const message of messages) {
      this.#stopped.signal.throwIfAborted()
      await this.#sendOne(relayed(message, this.#analyzer), priorityOf(message))
    }
    return done
  }

  /** libprelude copies each value as it is set, and the whole before `send` returns. */
  async #sendOne(message: Message, priority: number): Promise<void> {
    const { call, send } = this.#loaded
    const values = valuesIn(encode(message))
    const bytes = values.reduce((sum, { value }) => sum + value.length, 0)
    const made = this.#pointer((out) => call.prelude_msg_new(out, values.length, bytes, TAG.idmef, priority))
    try {
      for (const { tag, value } of values)
        this.#check(call.prelude_msg_set(made, tag, value.length, value.length > 0 ? value : null))
      await send(this.#client, made)
    } finally {
      call.prelude_msg_destroy(made)
    }
  }

  #start(profile: string): Pointer {
    const { call } = this.#loaded
    const client = this.#pointer((out) => call.prelude_client_new(out, profile))
    call.prelude_client_set_required_permission(client, MAY_WRITE)
    const own = call.prelude_client_get_analyzer(client)
    const { model, class: kind } = this.#analyzer
    const set = (text: Pointer, value: unknown) =>
      this.#check(call.prelude_string_set_dup(text, String(value)))
    set(
      this.#pointer((out) => call.idmef_analyzer_new_model(own, out)),
      model,
    )
    set(
      this.#pointer((out) => call.idmef_analyzer_new_class(own, out)),
      kind,
    )
    this.#check(call.prelude_client_set_flags(client, call.prelude_client_get_flags(client) | ASYNC_TIMER))
    // What is sent by a client that did not start is lost without a word.
    this.#check(call.prelude_client_start(client))
    return client
  }

  #pointer(make: (out: [Pointer | null]) => number): Pointer {
    const out: [Pointer | null] = [null]
    this.#check(make(out))
    const [made] = out
    if (!made) throw new Error('libprelude gave nothing')
    return made
  }

  #check(code: number): void {
    if (code < 0) throw new Error(`libprelude: ${this.#loaded.call.prelude_strerror(code)}`)
  }
}
