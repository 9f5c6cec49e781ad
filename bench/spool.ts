import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { Spool } from '../src/state/spool.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'

const RECORD_BYTES = 1200
const GROUPS = [1, 32, 1024]
const RECORD = Buffer.from(`${'x'.repeat(RECORD_BYTES - 1)}\n`)

/** Where `npm install lmdb` was run; without it lmdb is left out, for nothing here depends on it. */
const LMDB_FOLDER = process.env.LMDB_FOLDER

/** Keeps records: `commit` resolves when so many of them are durable. */
interface Store {
  name: string
  commit(count: number): Promise<unknown>
  close(): Promise<unknown>
}

const spool: Question = {
  asks: 'Where should records that cannot be asked for again wait? (LMDB_FOLDER names a folder with lmdb installed)',
  async *answer({ pace }) {
    // Beside the repository and not in the temporary folder, which is often no disk.
    const data = fileURLToPath(new URL('data/', import.meta.url))
    mkdirSync(data, { recursive: true })
    const folder = mkdtempSync(join(data, 'spool-'))
    const stores = [segments(folder), sqlite(folder), ...(await lmdb(folder))]
    try {
      for (const count of GROUPS) {
        yield await measure(
          `records of ${RECORD_BYTES} bytes made durable, ${count} at a time`,
          'records',
          stores.map((store) => ({
            name: store.name,
            items: count,
            bytes: count * RECORD_BYTES,
            run: () => store.commit(count),
            async: true,
          })),
          pace,
        )
      }
    } finally {
      await Promise.all(stores.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    }
  },
}

export default spool

function segments(folder: string): Store {
  const store = new Spool({
    directory: join(folder, 'segments'),
    maxBytes: 2 ** 40,
    log: pino({ level: 'silent' }),
    segmentBytes: 16 * 1024 ** 2,
  })
  return {
    name: 'append-only segments (ours)',
    async commit(count) {
      await Promise.all(Array.from({ length: count }, () => store.append(Buffer.from(RECORD))))
      const [oldest] = store.segments
      if (oldest && store.isSealed(oldest)) await store.remove(oldest)
    },
    close: () => store.close(),
  }
}

function sqlite(folder: string): Store {
  const db = new DatabaseSync(join(folder, 'sqlite'))
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('CREATE TABLE records (id INTEGER PRIMARY KEY, body BLOB)')
  const insert = db.prepare('INSERT INTO records (body) VALUES (?)')
  return {
    name: 'node:sqlite, WAL, synchronous = FULL',
    async commit(count) {
      db.exec('BEGIN')
      for (let i = 0; i < count; i++) insert.run(RECORD)
      db.exec('COMMIT')
    },
    close: async () => db.close(),
  }
}

/** What is used of lmdb, whose types are not at hand. */
interface Lmdb {
  open(options: { path: string; encoding: 'binary'; keyIsUint32: boolean }): {
    put(key: number, value: Buffer): Promise<boolean>
    flushed: Promise<unknown>
    close(): Promise<void>
  }
}

async function lmdb(folder: string): Promise<Store[]> {
  if (LMDB_FOLDER === undefined) return []
  // Loaded by name from where it was put.
  const { open } = createRequire(join(LMDB_FOLDER, 'package.json'))('lmdb') as Lmdb
  const db = open({ path: join(folder, 'lmdb'), encoding: 'binary', keyIsUint32: true })
  let next = 0
  return [
    {
      name: 'lmdb',
      async commit(count) {
        await Promise.all(Array.from({ length: count }, () => db.put(next++, RECORD)))
        await db.flushed
      },
      close: () => db.close(),
    },
  ]
}
