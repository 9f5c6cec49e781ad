import { validator } from '../src/idmefv2/validate.ts'
import { alertsOf, linesOf } from './data.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { eachLine } from './scan.ts'
import { converter, ids, messagesOf, out, VERSION } from './suricata.ts'

const validate: Question = {
  asks: 'What does holding each message against the schema cost?',
  async *answer({ sample, pace }) {
    const alerts = linesOf(alertsOf(sample))
    const made = messagesOf(alerts)
    const texts = made.ends.map((end, i) => made.bytes.toString('utf8', made.ends[i - 1] ?? 0, end))
    const objects: unknown[] = texts.map((text) => JSON.parse(text))
    const check = validator(VERSION)
    const ours = converter()
    for (const object of objects) {
      const [fault] = check(object)
      if (fault) throw new Error(`not valid: ${fault.pointer} ${fault.reason}`)
    }
    const over = <T>(name: string, items: readonly T[], one: (item: T) => unknown) => ({
      name,
      items: items.length,
      run: () => {
        for (const item of items) one(item)
      },
    })
    yield await measure(
      `check messages of ${Math.round(made.bytes.length / texts.length)} bytes against the schema of ${VERSION}`,
      'messages',
      [
        {
          name: 'for comparison: convert the alert, no check',
          items: alerts.ends.length,
          run: () => eachLine(alerts, (start, end) => ours.convert(alerts.bytes, start, end, ids, out, 0)),
        },
        over('ajv alone, on an object', objects, check),
        over('JSON.parse and ajv, what validate = always adds', texts, (text) => check(JSON.parse(text))),
      ],
      pace,
    )
  },
}

export default validate
