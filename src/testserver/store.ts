import { open } from 'node:fs/promises'

/** A file of messages, one a line. */
export interface Store {
  /** Resolves when the lines are with the operating system. Lines given while a write is under way go together in the next. */
  append(lines: string): Promise<void>
  close(): Promise<void>
}

/** Opens a file to append to. Rejects when it cannot be opened. */
export async function openStore(path: string): Promise<Store> {
  const file = await open(path, 'a', 0o600) // messages are alerts: for their owner only
  let waiting = ''
  let next: Promise<void> | undefined
  let writing: Promise<void> = Promise.resolve()

  const write = async (before: Promise<void>): Promise<void> => {
    await before.catch(() => undefined) // told to those whose lines it was
    const lines = waiting
    waiting = ''
    next = undefined
    await file.appendFile(lines)
  }
  return {
    append(lines) {
      waiting += lines
      if (!next) {
        next = write(writing)
        writing = next
      }
      return next
    },
    async close() {
      await writing.catch(() => undefined) // told to those whose lines it was
      await file.close()
    },
  }
}
