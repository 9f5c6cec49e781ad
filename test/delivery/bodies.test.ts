import { expect, test } from 'vitest'
import { Bodies } from '../../src/delivery/bodies.ts'

test('a room is used again once its body was answered and all was written', () => {
  let isFlushed = false
  const bodies = new Bodies(100, () => isFlushed)
  const first = bodies.take(60)
  bodies.give(first)
  expect(bodies.take(60).buffer).not.toBe(first.buffer)
  isFlushed = true
  const again = bodies.take(100)
  expect([again.buffer, again.length]).toEqual([first.buffer, 100])
})

test('a room that was not given back is never given twice', () => {
  const bodies = new Bodies(100, () => true)
  const rooms = new Set(Array.from({ length: 20 }, () => bodies.take(1).buffer))
  expect(rooms.size).toBe(20)
})

test('larger bodies are not kept, nor more rooms than there are batches', () => {
  const bodies = new Bodies(100, () => true)
  const large = bodies.take(101)
  bodies.give(large)
  expect(bodies.take(101).buffer).not.toBe(large.buffer)
  const given = Array.from({ length: 20 }, () => bodies.take(1))
  for (const body of given) bodies.give(body)
  const before = new Set(given.map(({ buffer }) => buffer))
  const kept = Array.from({ length: 20 }, () => bodies.take(1).buffer).filter((room) => before.has(room))
  expect(kept).toHaveLength(8)
})
