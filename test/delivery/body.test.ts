import fc from 'fast-check'
import { expect, test } from 'vitest'
import { array, arrayEnd, single } from '../../src/delivery/body.ts'
import { messagesOf, numbered } from './receiver.ts'

test('a single message is a view of its bytes', () => {
  const messages = messagesOf(['{"a":1}', '{"b":2}'])
  const body = single(messages, 1)
  expect(Buffer.from(body).toString()).toBe('{"b":2}')
  expect(body.buffer).toBe(messages.bytes.buffer)
})

test('an array holds its messages, whatever they are', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }),
      fc.nat(),
      fc.nat(),
      (values, a, b) => {
        const messages = messagesOf(values.map((value) => JSON.stringify(value)))
        const from = a % values.length
        const to = from + 1 + (b % (values.length - from))
        const body = Buffer.from(array(messages, from, to)).toString()
        expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(values.slice(from, to))))
      },
    ),
  )
})

test('arrays keep both limits, and only a message that is too long by itself goes beyond', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 10, max: 100 }),
      (lengths, maxMessages, maxBytes) => {
        const messages = messagesOf(lengths.map((length) => JSON.stringify('x'.repeat(length))))
        for (let from = 0; from < lengths.length; ) {
          const to = arrayEnd(messages, from, maxMessages, maxBytes)
          expect(to).toBeGreaterThan(from)
          expect(to - from).toBeLessThanOrEqual(maxMessages)
          if (to - from > 1) expect(array(messages, from, to).length).toBeLessThanOrEqual(maxBytes)
          if (to < lengths.length && to - from < maxMessages) {
            expect(array(messages, from, to + 1).length).toBeGreaterThan(maxBytes)
          }
          from = to
        }
      },
    ),
  )
})

test('an array ends with the last message', () => {
  expect(arrayEnd(messagesOf(numbered(3)), 1, 500, 1_000_000)).toBe(3)
})
