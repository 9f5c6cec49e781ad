import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isMainThread, threadId } from 'node:worker_threads'

// Loaded into every thread of the program with --import, by tests alone: faults that nobody can cause from outside.
// What is to happen stands in the file that FAULT_FILE names, as JSON; it is looked at every few milliseconds.

export interface Inside {
  /** Intervals are so many times shorter; as it was at the start. */
  hurry?: number
  /** Added to the wall clock. */
  clockMs?: number
  /** Where host names lead; null: they do not resolve. */
  hosts?: Record<string, string | null>
  /** Once, in one thread of this kind. */
  once?: { in: 'main' | 'worker'; do: 'block' | 'throw' | 'exhaust' | 'hang' | 'exit'; ms?: number }
}

const LOOK_MS = 5
/** Of the prototype that every object has: nobody may add to it. */
const own = Reflect.ownKeys(Object.prototype).length
const path = process.env.FAULT_FILE ?? ''
let inside: Inside = {}
let seen = 0
let lookedMs = 0

function look(): Inside {
  const now = performance.now()
  if (now - lookedMs < LOOK_MS) return inside
  lookedMs = now
  const touched = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (touched !== seen) inside = JSON.parse(readFileSync(path, 'utf8'))
  seen = touched
  return inside
}

const realInterval = setInterval
const hurry = look().hurry ?? 1
globalThis.setInterval = Object.assign(
  (run: (...words: unknown[]) => void, ms = 0, ...words: unknown[]) =>
    realInterval(run, ms / hurry, ...words),
  realInterval,
)

const RealDate = Date
const shifted = (): number => RealDate.now() + (look().clockMs ?? 0)
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: unknown[], self) =>
    Reflect.construct(target, given.length === 0 ? [shifted()] : given, self),
  get: (target, name) => (name === 'now' ? shifted : Reflect.get(target, name)),
})

// The module that node:net asks, not a copy of its names.
const dns: typeof import('node:dns') = createRequire(import.meta.url)('node:dns')
const lookup = dns.lookup as (...words: unknown[]) => void // one of its overloads
Object.assign(dns, {
  lookup(host: string, options: unknown, callback: (...words: unknown[]) => void): void {
    const to = look().hosts?.[host]
    if (to === null)
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }))
    else lookup(to ?? host, options, callback)
  },
})

realInterval(() => {
  if (Reflect.ownKeys(Object.prototype).length !== own) writeFileSync(`${path}.polluted`, '')
  const { once } = look()
  if (once === undefined || (once.in === 'main') !== isMainThread) return
  try {
    renameSync(`${path}.once`, `${path}.${threadId}`) // the thread that moves it is the one
  } catch {
    return
  }
  strike(once)
}, LOOK_MS).unref()

function strike({ do: what, ms = 0 }: NonNullable<Inside['once']>): void {
  if (what === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
  if (what === 'throw') throw new Error('thrown on purpose')
  if (what === 'exit') process.exit(1)
  if (what === 'hang') for (;;);
  for (const kept: unknown[] = []; what === 'exhaust'; ) kept.push(new Array(100_000).fill(kept.length))
}
