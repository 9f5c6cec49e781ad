import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders: string[] = []

/** A folder of its own until the process ends; in memory where that can be had, as nothing in it need last. */
export function scratch(): string {
  const folder = mkdtempSync(join(inMemory('/dev/shm') ? '/dev/shm' : tmpdir(), 'fuzz-'))
  folders.push(folder)
  return folder
}

/** Removes them all. For whom the process does not end by itself: vitest stops its own. */
export function sweep(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

process.on('exit', sweep)

function inMemory(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false // not on every system
  }
}
