import { createHash } from 'node:crypto'
import { printable } from '../idmefv2/text.ts'
import type { Received, Refusal } from './recent.ts'
import { summarise } from './summary.ts'
import type { Stats } from './tally.ts'

export interface View {
  stats: Stats
  received: readonly Received[]
  refusals: readonly Refusal[]
  /** Whether the page loads itself again every few seconds. */
  live: boolean
}

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #3a3a3a); --quiet: light-dark(#666, #999);
  --high: light-dark(#b3261e, #ff8a80); --medium: light-dark(#9a5b00, #ffc46b); --low: light-dark(#1d6b38, #7fd99a) }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 90rem; padding: 1.5rem }
header { display: flex; flex-wrap: wrap; gap: .25rem 2rem; align-items: baseline }
h1 { font-size: 1.3rem; margin: 0 }
h2 { font-size: 1rem; margin: 2rem 0 .5rem }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1rem 0 }
dt { color: var(--quiet); font-size: .8rem }
dd { margin: 0; font-size: 1.3rem; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-top: 1px solid var(--line) }
th { color: var(--quiet); font-weight: normal; font-size: .8rem; border: 0 }
td { overflow-wrap: break-word; unicode-bidi: isolate }
td:nth-child(n+4) { overflow-wrap: anywhere; min-width: 6rem }
time, code, pre { font-family: ui-monospace, monospace; font-size: .85em; white-space: nowrap }
pre { white-space: pre-wrap; max-height: 40rem; overflow: auto; border-left: 2px solid var(--line); padding-left: 1rem }
summary { cursor: pointer }
.High { color: var(--high); font-weight: 600 } .Medium { color: var(--medium) } .Low { color: var(--low) }
.quiet, .Info, .Unknown { color: var(--quiet) }
`

/** Nothing but text and our own style: whatever a message holds, no script runs and nothing is fetched. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

const PRIORITIES = new Set(['High', 'Medium', 'Low', 'Info', 'Unknown'])

/** Longer messages (attachments, mostly) are cut on the page. */
const MAX_SHOWN_CHARS = 20_000

export function renderPage({ stats, received, refusals, live }: View): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${stats.valid} received – IDMEFv2 test server</title>
${live ? '<meta http-equiv="refresh" content="2">\n' : ''}<style>${STYLE}</style>
</head>
<body>
<header><h1>IDMEFv2 test server</h1>${live ? '<a href="/">stop refreshing</a>' : '<a href="/?live">refresh every 2 s</a>'}</header>
<dl>${figures(stats)}</dl>
${refusals.length > 0 ? refused(refusals) : ''}
<h2>Last messages</h2>
${received.length > 0 ? table(received) : '<p class="quiet">None yet. POST one to this address, as application/json.</p>'}
</body>
</html>
`
}

function figures(stats: Stats): string {
  const { valid, invalid, duplicates, perSecond, bytes } = stats
  const shown = { valid, invalid, duplicates, 'per second': perSecond, bytes }
  return Object.entries(shown)
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${value.toLocaleString('en')}</dd></div>`)
    .join('')
}

function refused(refusals: readonly Refusal[]): string {
  const rows = refusals.map(({ time, error, pointer, reason, more }) => {
    const why = more > 0 ? `${reason} (and ${more} more)` : reason
    return `<tr><td>${clock(time)}<td>${escaped(error)}<td><code>${escaped(pointer || '/')}</code><td>${escaped(why)}`
  })
  return `<h2>Last refusals</h2>\n<table>\n<tr><th>time<th>error<th>where<th>why\n${rows.join('\n')}\n</table>`
}

function table(received: readonly Received[]): string {
  const head = '<tr><th>time<th>priority<th>category<th>description<th>source → target<th>analyzer'
  return `<table>\n${head}\n${received.map(row).join('\n')}\n</table>`
}

function row({ time, message }: Received): string {
  const { priority, category, description, source, target, analyzer, id } = summarise(message)
  const cells = [
    clock(time),
    `<span${PRIORITIES.has(priority) ? ` class="${priority}"` : ''}>${escaped(priority)}</span>`,
    escaped(category),
    `<details><summary>${escaped(description || id)}</summary><pre>${escaped(whole(message))}</pre></details>`,
    [source, target].filter(Boolean).map(escaped).join(' → '),
    escaped(analyzer),
  ]
  return `<tr>${cells.map((cell) => `<td>${cell}`).join('')}`
}

function whole(message: Record<string, unknown>): string {
  try {
    const text = JSON.stringify(message, null, 2)
    return text.length > MAX_SHOWN_CHARS
      ? `${text.slice(0, MAX_SHOWN_CHARS)}\n… ${text.length} characters`
      : text
  } catch (error) {
    return `${error}` // JSON.stringify gives up on deep nesting that JSON.parse takes
  }
}

function clock(time: number): string {
  const iso = new Date(time).toISOString()
  return `<time datetime="${iso}">${iso.slice(11, 23)}</time>`
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Safe as text and inside quoted attributes; control characters are shown, lines are kept. */
function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
