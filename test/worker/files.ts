import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'

const opened: { folder: string; fd: number }[] = []

afterEach(() => {
  for (const { folder, fd } of opened.splice(0)) {
    closeSync(fd)
    rmSync(folder, { recursive: true })
  }
})

/** A real file with these bytes, open for reading; gone after the test. */
export function fileOf(content: string | Uint8Array): { fd: number; path: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'idmefv2-worker-'))
  const path = join(folder, 'eve.json')
  writeFileSync(path, content)
  const fd = openSync(path, 'r')
  opened.push({ folder, fd })
  return { fd, path, folder }
}
