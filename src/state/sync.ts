import { open } from 'node:fs/promises'

/** Makes durable which names a directory has: of files that were made, renamed or removed in it. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
