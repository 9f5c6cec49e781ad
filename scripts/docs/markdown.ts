// What the checks need to know of a Markdown page: its fenced blocks, its links and its anchors. Pure.

export interface Block {
  /** What stands behind the opening fence: `ini`, `ini fragment`, `json` … */
  info: string
  body: string
  /** Of the opening fence, from 1. */
  line: number
}

const FENCE = /^(`{3,}|~{3,})(.*)$/

/** The fenced blocks, in order. */
export function blocksOf(text: string): Block[] {
  return partsOf(text).flatMap((part) => (part.info === undefined ? [] : [{ ...part, info: part.info }]))
}

interface Part {
  /** Of a fenced block; prose has none. */
  info?: string
  body: string
  line: number
}

/** A page as prose and fenced blocks in turn, the fences themselves left out. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [{ body: '', line: 1 }]
  let open: string | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence = '', info = ''] = FENCE.exec(line) ?? []
    if (open === undefined && fence !== '') {
      open = fence
      parts.push({ info: info.trim(), body: '', line: index + 1 })
    } else if (open !== undefined && fence.startsWith(open) && info.trim() === '') {
      open = undefined
      parts.push({ body: '', line: index + 2 })
    } else {
      const part = parts.at(-1)
      if (part) part.body += `${line}\n`
    }
  }
  return parts
}

export interface Link {
  target: string
  line: number
}

/** `[text](target)`, images, and the targets of `[text]: target`; not those that only look like it inside code. */
export function linksOf(text: string): Link[] {
  return proseOf(text).flatMap(({ prose, line }) => {
    const found = prose.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s+<?([^\s>]+)/g)
    return [...found].map(([, inline, defined]) => ({ target: inline ?? defined ?? '', line }))
  })
}

/** What a `#…` can name on the page: its headings, as GitHub names them, and explicit anchors. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const { prose } of proseOf(text, (line) => line)) {
    const [, heading] = /^#{1,6}\s+(.+?)\s*#*$/.exec(prose) ?? []
    if (heading !== undefined) anchors.add(unique(slug(heading), anchors))
    for (const [, name = ''] of prose.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(name)
  }
  return anchors
}

/** The lines outside fenced blocks; by default without what stands in backticks. */
function proseOf(text: string, clean = withoutCode): { prose: string; line: number }[] {
  return partsOf(text)
    .filter(({ info }) => info === undefined)
    .flatMap(({ body, line }) =>
      body.split('\n').map((prose, index) => ({ prose: clean(prose), line: line + index })),
    )
}

const withoutCode = (line: string) => line.replace(/(`+).+?\1/g, '')

function slug(heading: string): string {
  const shown = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return shown
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

function unique(name: string, taken: ReadonlySet<string>): string {
  for (let count = 0; ; count++) {
    const candidate = count === 0 ? name : `${name}-${count}`
    if (!taken.has(candidate)) return candidate
  }
}
