import { describe, expect, test } from 'vitest'
import { faultRows, matrixFaults, proofsIn } from '../scripts/docs/faults.ts'

const template = (text: string) => '`'.concat(text.replaceAll('<', '$'.concat('{')).replaceAll('>', '}'), '`')

const TESTS = `
test('F1: killed', async () => {
  check('F9: no test')
})
test.each([['a', () => 'F9: no test'], ['c', 'd']])('F2, F3: by %s', () => {})
describe.skipIf(!has('tool'))('F4: group', () => {
  test.each([
    ['a (b)', 1],
  ])('inside', () => {})
  it.skip('it cannot be', () => {})
})
test.skipIf(!can('x'))(
  ${template('F5: it takes <more> <a ? {} : b>')},
  { timeout: 1 },
)
test('another', () => {})
`

describe('the fault matrix', () => {
  const proofs = proofsIn([{ path: 'test/faults/a.test.ts', text: TESTS }])

  test('is read from the names of tests and of the groups around them', () => {
    expect(proofs.map(({ row, group, name, isSkipped }) => [row, group, name, isSkipped])).toEqual([
      [1, '', 'killed', false],
      [2, '', 'by …', false],
      [3, '', 'by …', false],
      [4, 'group', 'inside', false],
      [4, 'group', 'it cannot be', true],
      [5, '', 'it takes … …', false],
    ])
  })

  test('shows each row with its tests and its reason', () => {
    const rows = {
      1: { fault: 'kill', outcome: '0 lost' },
      4: { fault: 'x', outcome: 'y' },
      9: { fault: 'soak', outcome: 'z', reason: 'long' },
    }
    expect(faultRows(rows, proofs, 'test/README.md')).toEqual([
      ['<a id="f1"></a>F1', 'kill', '0 lost', '[a](faults/a.test.ts): killed'],
      ['<a id="f4"></a>F4', 'x', 'y', '[a](faults/a.test.ts): group: inside · *not: it cannot be*'],
      ['<a id="f9"></a>F9', 'soak', 'z', '*long*'],
    ])
  })

  test('is at fault where a row has neither, and where a test has a row that there is not', () => {
    const row = { fault: '', outcome: '' }
    const rows = { 1: row, 2: row, 3: row, 4: row, 6: row, 7: { ...row, reason: 'not yet' } }
    const [without, astray, ...others] = matrixFaults(rows, proofs)
    expect(without).toMatch(/^F6: no test/)
    expect(astray).toBe('test/faults/a.test.ts: there is no row F5')
    expect(others).toEqual([])
  })

  test('takes a test that is skipped, whose name says why, for a reason', () => {
    const skipped = proofs.filter(({ isSkipped }) => isSkipped).map((proof) => ({ ...proof, row: 8 }))
    expect(matrixFaults({ 8: { fault: '', outcome: '' } }, skipped)).toEqual([])
  })
})

test('the matrix of risks is read in the same way, by its own letter', () => {
  const text = "describe('S4, S5: group', () => {\n  test('F1: inside', () => {})\n})\n"
  const proofs = proofsIn([{ path: 'test/a.test.ts', text }], 'S')
  expect(proofs.map(({ row, group, name }) => [row, group, name])).toEqual([
    [4, 'group', 'F1: inside'],
    [5, 'group', 'F1: inside'],
  ])
  const rows = { 4: { fault: 'a', outcome: 'b' } }
  expect(faultRows(rows, proofs, 'test/README.md', 'S')[0]?.[0]).toBe('<a id="s4"></a>S4')
  expect(matrixFaults(rows, proofs, 'S')).toEqual(['test/a.test.ts: there is no row S5'])
})
