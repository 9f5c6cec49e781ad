import { describe, expect, it } from 'vitest'
import { judged, type Threshold, verdictsText } from '../bench/gate/decision.ts'

describe('the gate', () => {
  const threshold: Threshold = { name: 'speed', bound: 6, usual: '20' }
  const measuring = (...values: number[]) => {
    const left = [...values]
    return { left, measure: () => Promise.resolve(left.shift() ?? Number.NaN) }
  }

  it('passes what is on the right side at once', async () => {
    const { left, measure } = measuring(6, 1)
    expect(await judged([threshold], measure)).toMatchObject([{ measured: [6], passed: true }])
    expect(left).toEqual([1])
  })

  it('fails only what fails twice', async () => {
    expect(await judged([threshold], measuring(5, 7).measure)).toMatchObject([
      { measured: [5, 7], passed: true },
    ])
    const verdicts = await judged([threshold], measuring(5, 5.9).measure)
    expect(verdicts).toMatchObject([{ measured: [5, 5.9], passed: false }])
    expect(verdictsText(verdicts)).toMatch(/speed +5, then 5\.9 +≥ 6 +20 +FAILED/)
  })

  it('fails what gives no figure', async () => {
    expect(await judged([threshold], measuring(Number.NaN, Number.NaN).measure)).toMatchObject([
      { passed: false },
    ])
  })

  it('knows what is to stay small', async () => {
    const added = { ...threshold, bound: 0.4, atMost: true }
    expect(await judged([added], measuring(-0.1).measure)).toMatchObject([{ passed: true }])
    expect(await judged([added], measuring(0.5, 0.6).measure)).toMatchObject([{ passed: false }])
  })
})
