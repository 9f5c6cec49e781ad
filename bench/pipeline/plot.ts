import type { Target } from '../question.ts'
import { rounded, verdict } from '../report.ts'

// The drawing of the results: for each target, how far the figure lies from what it must reach, on a logarithmic axis on which
// better is to the right. Plain SVG with two sets of colours, which a browser picks by the reader's preference.

const WIDTH = 960
const ROW = 26
const TOP = 64
const LABELS = 470
const VALUES = 130
const BAR = 12
const LOWEST = 1 / 32
const HIGHEST = 8
const TICKS = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
/** Of a label; what is longer is cut, its whole text is the tooltip. */
const LABEL_CHARACTERS = 66

const STYLE = `
  svg { background: #ffffff; font: 13px system-ui, sans-serif }
  text { fill: #1f2328 } .dim { fill: #59636e; font-size: 12px }
  .grid { stroke: #d1d9e0 } .must { stroke: #1f2328; stroke-width: 2 } .range { stroke: #1f2328; stroke-width: 1.5 }
  .stretch { fill: #0969da } .reached { fill: #1a7f37 } .MISSED { fill: #bc4c00 } .goal { stroke: #59636e; stroke-dasharray: 3 2 }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117 }
    text { fill: #f0f6fc } .dim { fill: #9198a1 }
    .grid { stroke: #30363d } .must, .range { stroke: #f0f6fc }
    .stretch { fill: #4493f8 } .reached { fill: #3fb950 } .MISSED { fill: #f0883e } .goal { stroke: #9198a1 }
  }`

export function plot(targets: readonly Target[], caption: string): string {
  const bottom = TOP + targets.length * ROW
  const height = bottom + 80
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>Each target: measured against what it must reach</title>
<style>${STYLE}
</style>
<text x="16" y="26" font-size="16" font-weight="600">Measured against what must be reached</text>
<text class="dim" x="16" y="46">${escaped(caption)}</text>
<text class="dim" x="${WIDTH - 16}" y="46" text-anchor="end">measured</text>
${TICKS.map((tick) => axis(tick, bottom)).join('\n')}
<text class="dim" x="${(LABELS + WIDTH - VALUES) / 2}" y="${bottom + 42}" text-anchor="middle">times what must be reached (logarithmic; better is to the right)</text>
${targets.map((target, i) => row(target, TOP + i * ROW)).join('\n')}
${legend(bottom + 68)}
</svg>
`
}

/** Above 1 it is better than it must be; where less is better, as many times less. */
export function ratioTo(bound: number, value: number, atMost = false): number {
  if (!atMost) return value / bound
  return value <= 0 ? Number.POSITIVE_INFINITY : bound / value
}

function place(ratio: number): number {
  const inside = Math.min(HIGHEST, Math.max(LOWEST, ratio))
  const share = Math.log2(inside / LOWEST) / Math.log2(HIGHEST / LOWEST)
  return Math.round(10 * (LABELS + share * (WIDTH - VALUES - LABELS))) / 10
}

function axis(tick: number, bottom: number): string {
  const x = place(tick)
  const text = tick < 1 ? `1/${1 / tick}` : String(tick)
  return `<line class="${tick === 1 ? 'must' : 'grid'}" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${bottom + 4}"/>
<text class="dim" x="${x}" y="${bottom + 20}" text-anchor="middle">${text}</text>`
}

function row(target: Target, top: number): string {
  const { name, asks, measured, range, must, stretch, atMost } = target
  const middle = top + ROW / 2
  const [one, end] = [place(1), place(ratioTo(must, measured, atMost))]
  const ends = (range ?? []).map((value) => place(ratioTo(must, value, atMost)))
  const goal = stretch === undefined ? undefined : place(ratioTo(must, stretch, atMost))
  const label = asks.length > LABEL_CHARACTERS ? `${asks.slice(0, LABEL_CHARACTERS - 1)}…` : asks
  return [
    `<g><title>${escaped(`${name}: ${asks}`)}</title>`,
    `<text x="16" y="${middle + 4}" font-weight="600">${escaped(name)}</text>`,
    `<text x="56" y="${middle + 4}" font-size="12">${escaped(label)}</text>`,
    `<rect class="${verdict(target)}" x="${Math.min(one, end)}" y="${middle - BAR / 2}" width="${Math.max(1, Math.abs(end - one))}" height="${BAR}"/>`,
    ...(goal === undefined
      ? []
      : [`<line class="goal" x1="${goal}" x2="${goal}" y1="${middle - BAR}" y2="${middle + BAR}"/>`]),
    ...(ends.length === 0
      ? []
      : [
          `<line class="range" x1="${Math.min(...ends)}" x2="${Math.max(...ends)}" y1="${middle}" y2="${middle}"/>`,
        ]),
    `<text x="${WIDTH - 16}" y="${middle + 4}" text-anchor="end">${rounded(measured)}</text></g>`,
  ].join('\n')
}

function legend(y: number): string {
  const parts = [
    ['MISSED', 'missed'],
    ['reached', 'reached'],
    ['stretch', 'the stretch goal too'],
  ] as const
  const keys = parts.map(
    ([kind, text], i) =>
      `<rect class="${kind}" x="${16 + i * 110}" y="${y - 10}" width="${BAR}" height="${BAR}"/><text class="dim" x="${34 + i * 110}" y="${y}">${text}</text>`,
  )
  return [
    ...keys,
    `<line class="goal" x1="400" x2="400" y1="${y - 12}" y2="${y + 4}"/><text class="dim" x="410" y="${y}">stretch goal</text>`,
    `<line class="range" x1="520" x2="545" y1="${y - 4}" y2="${y - 4}"/><text class="dim" x="553" y="${y}">lowest to highest round</text>`,
  ].join('\n')
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
