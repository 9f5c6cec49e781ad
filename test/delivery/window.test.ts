import { expect, test } from 'vitest'
import { Window } from '../../src/delivery/window.ts'

test('a full window grows by one per window of successes, up to its most', () => {
  const window = new Window(4, 6)
  for (let success = 0; success < 5; success++) window.grow(window.limit)
  expect(window.limit).toBe(5)
  for (let success = 0; success < 100; success++) window.grow(window.limit)
  expect(window.limit).toBe(6)
})

test('a window that is not used up does not grow', () => {
  const window = new Window(4, 64)
  for (let success = 0; success < 1000; success++) window.grow(3)
  expect(window.limit).toBe(4)
})

test('overload halves it once for the requests that were out together, and again for later ones', () => {
  const window = new Window(16, 64)
  const together = window.generation
  for (let setback = 0; setback < 16; setback++) window.shrink(together)
  expect(window.limit).toBe(8)
  window.shrink(window.generation)
  expect(window.limit).toBe(4)
})

test('it never falls below one', () => {
  const window = new Window(2, 64)
  for (let setback = 0; setback < 10; setback++) window.shrink(window.generation)
  expect(window.limit).toBe(1)
})
