import type { Range, Target } from '../question.ts'
import type { Measured } from './target.ts'

/** What was hoped for beyond the bounds, in the order of the bounds. */
const STRETCH: Readonly<Record<string, readonly number[]>> = {
  T3: [1.5],
  T5: [250_000],
  T6: [2.5],
  T7: [14],
  T11: [3, 15],
  T12: [0.4],
}
const PEAK_STRETCH = 150
const GROWTH_STRETCH = 0

/**
 * A measure with its figures as numbers; one with two bounds (`≤ 10, ≤ 50`) becomes two. None where nothing could be
 * measured, as without the peer.
 */
export function figuresOf({ target, what, bound, found }: Measured): Target[] {
  const [name = target] = target.split(' ')
  const bounds = bound.split(', ')
  const labels = bounds.length > 1 ? labelled(what) : [what]
  return found.split(', ').flatMap((text, i): Target[] => {
    const figure = figureOf(text)
    if (figure === undefined) return []
    const stretch = name === 'T10' ? memoryStretch(what) : STRETCH[name]?.[i]
    return [
      {
        name,
        asks: labels[i] ?? what,
        ...figure,
        must: numberOf(bounds[i] ?? ''),
        ...(stretch !== undefined && { stretch }),
        atMost: bound.startsWith('≤'),
      },
    ]
  })
}

/** `…, ms, p50 and p99` */
function labelled(what: string): string[] {
  const [, before = '', one = '', other = ''] = /^(.*, )(\S+) and (\S+)$/.exec(what) ?? []
  return [before + one, before + other]
}

const memoryStretch = (what: string): number => (what.startsWith('growth') ? GROWTH_STRETCH : PEAK_STRETCH)

/** `1.52 (1.30–1.61) ×` */
function figureOf(text: string): Pick<Target, 'measured' | 'spread' | 'range'> | undefined {
  const [, middle, least, most] = /^(-?[\d.,]+)(?: \((-?[\d.,]+)–(-?[\d.,]+)\))?/.exec(text) ?? []
  if (middle === undefined) return undefined
  const measured = numberOf(middle)
  if (least === undefined || most === undefined) return { measured, spread: 0 }
  const range: Range = [numberOf(least), numberOf(most)]
  return { measured, spread: Math.abs((range[1] - range[0]) / 2 / measured), range }
}

/** Of a bound or of a figure: `≥ 150 000`, `151,234.5`. */
function numberOf(text: string): number {
  return Number(text.replace(/[^\d.-]/g, ''))
}
