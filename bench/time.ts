import { timestamp } from '../src/idmefv2/time.ts'
import { writeTimestamp } from '../src/mapping/writers.ts'
import { alertsOf } from './data.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { out } from './suricata.ts'

const time: Question = {
  asks: 'What does a timestamp cost?',
  async *answer({ sample, pace }) {
    const texts = alertsOf(sample).flatMap((line) => /(?<="timestamp": ?")[^"]+/.exec(line) ?? [])
    const values = texts.map((text) => Buffer.from(`"${text}"`))
    const overTexts = (name: string, one: (text: string) => unknown) => ({
      name,
      items: texts.length,
      run: () => {
        for (const text of texts) one(text)
      },
    })
    yield await measure(
      `${texts[0]} → RFC 3339`,
      'timestamps',
      [
        overTexts('new Date(text).toISOString (loses µs and zone)', (text) => new Date(text).toISOString()),
        overTexts('replace with a regular expression (unchecked)', (text) =>
          text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'),
        ),
        overTexts('timestamp (ours): text to text, checked', timestamp),
        {
          name: 'writeTimestamp (ours): bytes to bytes, checked',
          items: values.length,
          run: () => {
            for (const value of values) writeTimestamp(value, 0, value.length, out, 0)
          },
        },
      ],
      pace,
    )
  },
}

export default time
