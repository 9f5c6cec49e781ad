import type { DeliveryOptions } from '../config/options.ts'
import { ConfigError } from '../errors.ts'
import type { Destination } from '../types.ts'
import { Gate } from './gate.ts'
import { httpDestination } from './http.ts'
import { linesDestination } from './lines.ts'
import { Lock } from './lock.ts'
import type { Hooks } from './log.ts'

const STDOUT = 1

/** Shared by the main thread and its workers: `Gate.allocate` and `Lock.allocate` make them, once a destination. */
export interface Shared {
  gate: SharedArrayBuffer
  lock: SharedArrayBuffer
  /** Of this thread, from 0; no two living threads have the same. */
  workerIndex: number
}

/** The destination that `options.delivery` names. Throws a `ConfigError` when the options cannot be used. */
export function openDestination(options: DeliveryOptions, shared: Shared, hooks: Hooks = {}): Destination {
  const gate = new Gate(shared.gate, shared.workerIndex)
  switch (options.delivery) {
    case 'each':
    case 'array':
      if (options.verify === false && options.pin_sha256.length === 0 && shared.workerIndex === 0) {
        hooks.log?.warn({}, 'verify = no: whoever is in between can read and change the alerts')
      }
      return httpDestination(options, gate, hooks)
    case 'stdout':
      return linesDestination({ fd: STDOUT }, context())
    case 'file':
      if (options.file === undefined) {
        throw new ConfigError([{ where: 'file', what: 'is needed for delivery = file' }])
      }
      return linesDestination({ path: options.file }, context())
  }

  function context() {
    return { gate, lock: new Lock(shared.lock), retry: options, hooks }
  }
}
