import type { Answer, Pace, Question } from './question.ts'
import type { Binding } from './simdjson/addon.ts'
import { child, Ended } from './simdjson/child.ts'

const SIZES = [300, 1000, 4000, 16_000, 64_000]
const BINDINGS: readonly Binding[] = ['mixed', 'own']

const parse: Question = {
  asks: 'JSON.parse or simdjson, on real lines of several sizes?',
  async *answer({ pace }) {
    for (const size of SIZES) for (const binding of BINDINGS) yield await figures(size, binding, pace)
  },
}

export default parse

async function figures(size: number, binding: Binding, { rounds, millis, clock }: Pace): Promise<Answer> {
  try {
    return JSON.parse(await child('sizes', size, rounds, millis, clock, binding))
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    return {
      title: `lines near ${size} bytes, ${binding} functions`,
      findings: [{ name: 'no figures', found: error.message }],
    }
  }
}
