import { isMainThread, threadId, Worker } from 'node:worker_threads'
import { addon } from './addon.ts'

// Threads that look values up at the same time, and compare them with what they put in. Says how many were wrong; a
// crash says so itself.

const LOOKUPS = 200_000

if (isMainThread) {
  const threads = Number(process.argv[2])
  for (let i = 0; i < threads; i++) new Worker(new URL(import.meta.url))
} else {
  const tape = addon()?.lazyParse(JSON.stringify({ alert: { rule: { id: threadId } }, list: [0, threadId] }))
  let wrong = 0
  for (let i = 0; i < LOOKUPS; i++) {
    if (value(() => tape?.valueForKeyPath('alert.rule.id')) !== threadId) wrong++
    if (value(() => tape?.valueForKeyPath('list[1]')) !== threadId) wrong++
  }
  process.stdout.write(`${wrong} wrong\n`)
}

function value(lookUp: () => unknown): unknown {
  try {
    return lookUp()
  } catch {
    return undefined // counts as wrong
  }
}
