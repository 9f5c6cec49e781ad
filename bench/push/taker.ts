import { join } from 'node:path'
import { pino } from 'pino'
import { xmlForm } from '../../src/sources/idmefv1.ts'
import { httpPush } from '../../src/sources/push.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'

// HTTP push in a process of its own, with a receiver behind it that takes everything at once: what is measured is how fast
// records become durable. The folder is its first argument, with `xml` behind it IDMEFv1 is taken; it tells where it listens.

const [, , directory = '', form] = process.argv
const tell = ({ url }: { url?: string }) => url && process.send?.({ url })
const log = pino({ level: 'info' }, { write: (line) => tell(JSON.parse(line)) })
const checkpoints = new Checkpoints({ path: join(directory, 'checkpoint.json'), intervalMs: 1000, log })
const source = httpPush(
  {
    address: { host: '127.0.0.1', port: 0 },
    path: '/',
    maxBodyBytes: 10 * 1024 ** 2,
    ...(form === 'xml' && { form: xmlForm() }),
  },
  {
    connector: 'bench',
    checkpoints,
    workers: 2,
    range_min: 64 * 1024,
    range_max: 4 * 1024 ** 2,
    max_line: 16 * 1024 ** 2,
    poll_interval: 500,
    once: false,
    fromStart: false,
    ledger: { directory, spool_max: 1024 ** 3, dead_letter_max: 1024 ** 3 },
    log,
  },
)
const stopping = new AbortController()
process.once('disconnect', () => stopping.abort())
for await (const work of source.work(stopping.signal)) source.commit(work)
await source.close()
await checkpoints.close()
