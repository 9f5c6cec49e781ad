import { ask } from './delivery/ask.ts'
import { latency } from './delivery/calm.ts'
import { all, each, few, whole } from './delivery/rates.ts'
import type { Question } from './question.ts'

const delivered: Question = {
  asks: 'The built program, from a file to the answer of a receiver, beside syslog-ng?',
  answer: (setting) =>
    ask(
      [
        { targets: ['T3', 'T10'], run: few },
        { targets: ['T5', 'T10'], run: all },
        { targets: ['T6', 'T10'], run: each },
        { targets: ['T7'], run: whole },
        { targets: ['T11'], run: latency },
      ],
      setting,
    ),
}

export default delivered
