import { describe, expect, it } from 'vitest'
import { merged } from '../bench/merge.ts'
import type { Answer, Figures, Target, Targets } from '../bench/question.ts'
import { comparison, type Report, targetsText, verdict } from '../bench/report.ts'

const speed = (measured: number, more: Partial<Target> = {}): Target => ({
  name: 'T1',
  asks: 'against grep',
  measured,
  spread: 0,
  must: 1,
  stretch: 2,
  ...more,
})

const figures = (perSecond: number, ratio = 1): Figures => ({
  title: 'a file',
  unit: 'lines',
  rows: [{ name: 'ours', perSecond, ratio, spread: 0, range: [perSecond, perSecond] }],
})

const report = (...answers: Answer[]): Report => ({ setting: {}, answers })
const targets = (...all: Target[]): Targets => ({ title: 'targets', targets: all })

describe('several runs made one', () => {
  it('give the median of each row and target, with the lowest and the highest', () => {
    const runs = [5, 1, 2].map((value) => report(figures(value, value), targets(speed(value))))
    const [rows, promised] = merged(runs)
    expect(rows).toMatchObject({ rows: [{ perSecond: 2, ratio: 2, range: [1, 5], spread: 1 }] })
    expect(promised).toMatchObject({ targets: [{ measured: 2, range: [1, 5] }] })
  })

  it('reach from the lowest to the highest round within any of them', () => {
    const runs = [speed(2, { range: [1, 3] }), speed(4, { range: [3.5, 9] })].map((one) =>
      report(targets(one)),
    )
    expect(merged(runs)).toMatchObject([{ targets: [{ measured: 3, range: [1, 9] }] }])
  })

  it('keep the range that a single run has of its own rounds', () => {
    const one = speed(3, { range: [2, 4], spread: 1 / 3 })
    expect(merged([report(targets(one))])).toEqual([targets(one)])
  })

  it('order targets by number, and what else was promised after them', () => {
    const names = ['F33', 'T10', 'T2'].map((name) => speed(1, { name }))
    const [answer] = merged([report(targets(...names))])
    expect(answer).toMatchObject({ targets: [{ name: 'T2' }, { name: 'T10' }, { name: 'F33' }] })
  })

  it('take what only some of them have from those', () => {
    const seen: Answer = { title: 'also', findings: [{ name: 'peer', found: 'absent' }] }
    expect(merged([report(), report(seen)])).toEqual([seen])
  })
})

describe('the table of targets', () => {
  it('tells what was reached, whichever side is better', () => {
    expect([0.9, 1, 2].map((value) => verdict(speed(value)))).toEqual(['MISSED', 'reached', 'stretch'])
    const less = (value: number) => verdict(speed(value, { must: 0.15, stretch: 0.05, atMost: true }))
    expect([0.2, 0.15, -0.1].map(less)).toEqual(['MISSED', 'reached', 'stretch'])
  })

  it('has bounds, the range and no stretch where there is none', () => {
    const { stretch: _, ...plain } = speed(0.08, { must: 0.1, atMost: true, range: [0.02, 0.11] })
    const [head, row] = targetsText(targets(plain)).split('\n')
    expect(head?.trim().split(/ {2,}/)).toEqual(['measured', 'range', 'must reach', 'stretch'])
    expect(row?.trim().split(/ {2,}/)).toEqual([
      'T1',
      'against grep',
      '0.08',
      '0.02 – 0.11',
      '≤ 0.1',
      'reached',
    ])
  })
})

describe('two results compared', () => {
  const rowsOf = (before: Report, after: Report) =>
    comparison(before, after)
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/ {2,}/))

  it('give the ratio of the medians, and whether the ranges overlap', () => {
    const before = report(targets(speed(2, { range: [1, 3] }), speed(2, { name: 'T2', range: [1.5, 2.5] })))
    const after = report(targets(speed(3, { range: [2.5, 4] }), speed(4, { name: 'T2', range: [3, 5] })))
    expect(rowsOf(before, after)).toEqual([
      ['T1 against grep', '2', '3', '1.5×', 'overlap'],
      ['T2 against grep', '2', '4', '2×', 'apart'],
    ])
  })

  it('leave out what only one has, and leave open what was kept without its range', () => {
    const { rows, ...title } = figures(10)
    const old = report({ ...title, rows: rows.map(({ range: _, ...row }) => row) })
    expect(rowsOf(old, report(figures(5), targets(speed(1))))).toEqual([
      ['a file: ours, lines/s', '10', '5', '0.5×', '?'],
    ])
  })
})
