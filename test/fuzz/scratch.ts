import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own until the process ends; in memory where that can be had, as nothing in it need last. */
export function scratch(): string {
  const folder = mkdtempSync(join(inMemory('/dev/shm') ? '/dev/shm' : tmpdir(), 'fuzz-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function inMemory(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false // not on every system
  }
}
