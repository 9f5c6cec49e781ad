import type { Answer, Pace, Question } from './question.ts'
import { child, Ended } from './simdjson/child.ts'

const SIZES = [300, 1000, 4000, 16_000, 64_000]

const parse: Question = {
  asks: 'JSON.parse or simdjson, on real lines of several sizes?',
  async *answer({ pace }) {
    for (const size of SIZES) yield await figures(size, pace)
  },
}

export default parse

async function figures(size: number, { rounds, millis, clock }: Pace): Promise<Answer> {
  try {
    return JSON.parse(await child('sizes', size, rounds, millis, clock))
  } catch (error) {
    if (!(error instanceof Ended)) throw error
    return { title: `lines near ${size} bytes`, findings: [{ name: 'no figures', found: error.message }] }
  }
}
