import { ask } from './delivery/ask.ts'
import { stall, start } from './delivery/calm.ts'
import type { Question } from './question.ts'

const idle: Question = {
  asks: 'What does a receiver that stalls cost, and a start near the end of a large file?',
  answer: (setting) =>
    ask(
      [
        { targets: ['T10'], run: stall },
        { targets: ['T12'], run: start },
      ],
      setting,
    ),
}

export default idle
