import { createRequire } from 'node:module'
import { constants } from 'node:os'

/** What is used of the addon of the optional package simdjson 0.9.2. */
export interface Simdjson {
  parse(text: string): unknown
  isValid(text: string): boolean
}

const PATH = 'simdjson/build/Release/simdjson.node'

/**
 * Loads the addon bound to its own functions. Loaded as its package does it, glibc gives it those of Node.js, which has
 * another version of the same library with the same names: results were equal all the same, a call took twenty times as
 * long (bench/README.md). Only the first loading in a process decides, whatever thread it is in.
 * @throws {Error} where it was not built, or cannot be kept apart
 */
export function loadSimdjson(): Simdjson {
  // Its types do not say that there is none where the C library cannot do it (musl); other systems bind by library anyway.
  const apart: number | undefined = constants.dlopen.RTLD_DEEPBIND
  if (process.platform === 'linux' && apart === undefined)
    throw new Error('the simdjson addon cannot be kept apart from Node.js here')
  const module: { exports: Partial<Simdjson> } = { exports: {} }
  try {
    const path = createRequire(import.meta.url).resolve(PATH)
    process.dlopen(module, path, constants.dlopen.RTLD_NOW | (apart ?? 0))
  } catch (cause) {
    throw new Error('the simdjson addon was not built for this machine', { cause })
  }
  return module.exports as Simdjson // the published addon has both
}
