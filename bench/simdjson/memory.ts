import { addon } from './addon.ts'

// Parses one document many times, keeps nothing, and tells how many bytes the process had at its largest.

const PARSES = 20_000
const DOCUMENT = JSON.stringify({ payload: 'x'.repeat(20_000), alert: { signature: 'test' } })

const parse = process.argv[2] === 'simdjson' ? addon()?.lazyParse : JSON.parse
if (parse === undefined) throw new Error('the addon is not there')
for (let i = 0; i < PARSES; i++) parse(DOCUMENT)
process.stdout.write(String(process.resourceUsage().maxRSS * 1024))
