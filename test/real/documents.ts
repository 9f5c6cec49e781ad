import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isFault, readDocument } from '../../src/idmefv1/document.ts'
import type { Message } from '../../src/idmefv1/record.ts'

const OWN = join(import.meta.dirname, '../fuzz/corpus/idmefv1')
const CORPUS = join(import.meta.dirname, '../../../shared/corpus/idmefv1')

export interface Sent {
  name: string
  bytes: Buffer
  messages: readonly Message[]
}

/** Every document there is that can be read: those that fuzzing begins with, and the corpus where it is at hand. */
export function documents(): Sent[] {
  return [OWN, CORPUS]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder).flatMap((name) => {
        const bytes = readFileSync(join(folder, name))
        const read = name.endsWith('.md') ? undefined : readDocument(bytes)
        return read && !isFault(read) && read.messages.length > 0
          ? [{ name, bytes, messages: read.messages }]
          : []
      }),
    )
}
