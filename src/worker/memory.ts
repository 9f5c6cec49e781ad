import type { Needle } from '../mapping/needle.ts'
import { BLOCK, SLACK, type Sweep, sweepFor } from './sweep.ts'

// Bytes that WebAssembly can look at have to lie in a memory of its own. Where there is no WebAssembly (`--jitless`), no
// SIMD or no room for it, bytes lie anywhere and are searched without.

/** What is used of the JavaScript interface; the types of Node leave it out. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => Memory
  Module: new (bytes: Uint8Array<ArrayBuffer>) => Module
  Instance: new (module: Module, imports: { memory: { memory: Memory } }) => { exports: { sweep: Sweep } }
  validate(bytes: Uint8Array<ArrayBuffer>): boolean
}
interface Memory {
  readonly buffer: ArrayBuffer
}
type Module = object

const PAGE = 65_536

interface Region {
  memory: Memory
  /** By needle; what one connector looks for, another does not. */
  sweeps: WeakMap<Needle, Sweep>
}

const regions = new WeakMap<ArrayBufferLike, Region>()
/** `null` where it could not be compiled. */
const modules = new WeakMap<Needle, Module | null>()

/** A buffer that `sweepOf` works on, where this process can have one. */
export function allocate(size: number): Buffer {
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((BLOCK + size + SLACK) / PAGE) })
    regions.set(memory.buffer, { memory, sweeps: new WeakMap() })
    return Buffer.from(memory.buffer, BLOCK, size)
  } catch {
    // A limit on address space: the memory reserves much more of it than it uses.
    return Buffer.allocUnsafeSlow(size)
  }
}

/** The pass for this needle over bytes in the memory they lie in; nothing where there is none. */
export function sweepOf(needle: Needle, bytes: Buffer): Sweep | undefined {
  const region = regions.get(bytes.buffer)
  if (region === undefined) return undefined
  const known = region.sweeps.get(needle)
  if (known !== undefined) return known
  const module = moduleOf(needle)
  if (module === null) return undefined
  const { exports } = new WebAssembly.Instance(module, { memory: { memory: region.memory } })
  region.sweeps.set(needle, exports.sweep)
  return exports.sweep
}

function moduleOf(needle: Needle): Module | null {
  const known = modules.get(needle)
  if (known !== undefined) return known
  const made = compiled(needle)
  modules.set(needle, made)
  return made
}

function compiled(needle: Needle): Module | null {
  const bytes = sweepFor(needle)
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null
}
