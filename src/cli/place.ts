import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { StateError, UsageError } from '../errors.ts'
import { defaultStateDirectory } from '../state/directory.ts'
import { type Checked, readChecked } from './config.ts'
import { type Call, textOf, textsOf } from './verb.ts'

/** How the verbs that look after the state are told where it is. */
export const PLACE_OPTIONS = {
  config: { type: 'string', short: 'c', multiple: true },
  state: { type: 'string' },
} as const

/** The state directory of a configuration, or the one that `--state` names, and the configuration if there is one. */
export interface Place {
  state: string
  checked?: Checked
}

/** @throws {UsageError} when none is named or there is none yet. @throws {ConfigError | StateError} */
export async function placeOf(call: Call): Promise<Place> {
  const [files, given] = [textsOf(call, 'config'), textOf(call, 'state')]
  if (files.length === 0 && given === undefined)
    throw new UsageError('name a configuration with -c FILE, or the state directory with --state DIRECTORY')
  const checked = files.length > 0 ? await readChecked(files, false) : undefined
  const state =
    given ?? checked?.config.state.directory ?? defaultStateDirectory(process.env, process.getuid?.() ?? 0)
  if (!isDirectory(state)) throw new UsageError(`there is no state directory ${state}`)
  return { state, ...(checked && { checked }) }
}

function isDirectory(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  if (found) readable(path)
  return found
}

function readable(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.X_OK)
  } catch {
    throw new StateError('PERMISSION', `state directory ${path} cannot be read`)
  }
}

/** Resolves when there is room for more. */
export async function print(stream: Writable, text: string | Buffer): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}
