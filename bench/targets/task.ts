import { tmpdir } from 'node:os'
import { DeadLetters } from '../../src/state/deadletter.ts'
import type { Work } from '../../src/types.ts'
import { Range } from '../../src/worker/range.ts'
import type { LineReader } from '../../src/worker/reader.ts'
import { reader, shared } from '../instruments.ts'

// What a worker thread of the product does, but for the sending.

const tools = shared(new DeadLetters(`${tmpdir()}/bench-dead-letters`, 2 ** 30))
/** One for each task at a time. */
const readers: LineReader[] = []

export default async function run(work: Work): Promise<number> {
  const own = readers.pop() ?? reader()
  try {
    return (await new Range({ ...tools, reader: own }, work).run()).delivered
  } finally {
    readers.push(own)
  }
}
