import { expect, test } from 'vitest'
import { allocateOwners, ownerEntries, releaseIndices, Watch } from '../../src/worker/owners.ts'

const PATIENCE = 3

/** As a thread does that comes round to its event loop. */
function beat(owners: SharedArrayBuffer, index: number): void {
  Atomics.add(new Int32Array(owners), ownerEntries(1) + index, 1)
}

function looks(watch: Watch, times: number): number[] {
  return Array.from({ length: times }, () => watch.look()).at(-1) ?? []
}

test('a thread that gives no sign of life for so many looks hangs, and is told by its ID', () => {
  const owners = allocateOwners(1)
  const watch = new Watch(owners, PATIENCE)
  new Int32Array(owners)[1] = 77
  expect(looks(watch, PATIENCE)).toEqual([])
  expect(looks(watch, 1)).toEqual([77])
})

test('one that gives a sign now and then does not, and a place without a thread never does', () => {
  const owners = allocateOwners(1)
  const watch = new Watch(owners, PATIENCE)
  new Int32Array(owners)[1] = 77
  for (let round = 0; round < 5; round++) {
    expect(looks(watch, PATIENCE)).toEqual([])
    beat(owners, 1)
  }
})

test('a thread that takes the place of a hung one starts with all patience', () => {
  const owners = allocateOwners(1)
  const watch = new Watch(owners, PATIENCE)
  new Int32Array(owners)[1] = 77
  expect(looks(watch, PATIENCE + 1)).toEqual([77])
  releaseIndices(owners, new Set())
  expect(looks(watch, PATIENCE + 1)).toEqual([])
  new Int32Array(owners)[1] = 78
  expect(looks(watch, PATIENCE)).toEqual([])
  expect(looks(watch, 1)).toEqual([78])
})
