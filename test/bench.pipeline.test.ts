import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sampleOf } from '../bench/data.ts'
import { figure } from '../bench/delivery/target.ts'
import { ofSize } from '../bench/growth/sizes.ts'
import { Daemon } from '../bench/peers/peer.ts'
import { printed } from '../bench/pipeline/child.ts'
import { plot, ratioTo } from '../bench/pipeline/plot.ts'
import { asked, STAGES, TARGETS } from '../bench/pipeline/stages.ts'
import type { Target } from '../bench/question.ts'
import { figureText } from '../bench/report.ts'

const speed = (measured: number, more: Partial<Target> = {}): Target => ({
  name: 'T1',
  asks: 'against grep',
  measured,
  spread: 0,
  must: 1,
  stretch: 2,
  ...more,
})

describe('the drawing', () => {
  it('sets each figure against what it must reach, better being more', () => {
    expect(ratioTo(2, 1)).toBe(0.5)
    expect(ratioTo(0.1, 0.2, true)).toBe(0.5)
    expect(ratioTo(0.1, -0.2, true)).toBe(Number.POSITIVE_INFINITY)
  })

  it('stays on its axis, whatever was measured', () => {
    const wild = [1e-9, 1e9].map((value) => speed(value, { range: [value / 2, value * 2] }))
    const drawn = plot([...wild, speed(-1, { atMost: true })], 'a machine')
    const widths = [
      ...drawn.matchAll(/<rect class="(?:MISSED|reached|stretch)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g),
    ]
    expect(widths.length).toBeGreaterThan(3)
    for (const [, x, width] of widths) expect(Number(x) + Number(width)).toBeLessThanOrEqual(830)
    expect(drawn).not.toMatch(/NaN|Infinity/)
  })

  it('has no markup from outside', () => {
    const drawn = plot([speed(1, { asks: 'a < b & "c"' })], '<script>')
    expect(drawn).not.toContain('<script>')
    expect(drawn).toContain('a &#60; b &#38; &#34;c&#34;')
  })

  it('is legible in light and dark', () => {
    expect(plot([], '')).toContain('prefers-color-scheme: dark')
  })
})

describe('the stages', () => {
  it('hold T1 to T13', () => {
    expect(TARGETS).toEqual([...Array.from({ length: 13 }, (_, i) => `T${i + 1}`), 'F33'])
  })

  it('are those that a target needs, and the ceiling of the receiver', () => {
    expect(asked(['T9']).map(({ question }) => question)).toEqual(['ceiling', 'targets'])
    expect(asked(['T10']).map(({ question }) => question)).toEqual(['ceiling', 'delivered', 'idle'])
    expect(asked(TARGETS)).toEqual(STAGES)
  })
})

describe('a figure of a target', () => {
  const target = { name: 'T5', asks: 'alerts a second', must: 150_000, stretch: 250_000 }

  it('is the median of its rounds, with the lowest and the highest', () => {
    const rounds = [160_000, 90_000, 151_000]
    expect(figure(target, rounds)).toMatchObject({ ...target, measured: 151_000, range: [90_000, 160_000] })
    expect(figureText(figure(target, rounds))).toBe('151,000 (90,000 – 160,000), ≥ 150,000: reached')
  })

  it('of one round has no range', () => {
    const latency = { name: 'T11', asks: 'ms, p99', must: 50, stretch: 15, atMost: true }
    expect(figureText(figure(latency, [136.4]))).toBe('136, ≤ 50: MISSED')
  })
})

describe('a peer', () => {
  it('that ends by itself is told, with what it said, and leaves nothing', async () => {
    const daemon = new Daemon().start('sh', ['-c', 'echo no such module; exit 3'])
    await expect(daemon.failed).rejects.toThrow('sh ended by itself, 3')
    expect(daemon.lastWords()).toBe('no such module')
    await daemon.close()
    expect(existsSync(daemon.folder)).toBe(false)
  })

  it('that is not there is told as well', async () => {
    const daemon = new Daemon().start('/nowhere/peer', [])
    await expect(daemon.failed).rejects.toThrow('ENOENT')
    await daemon.close()
  })

  it('is ended where it goes on', async () => {
    const daemon = new Daemon().start('sleep', ['60'])
    const { pid } = daemon
    await daemon.close()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})

describe('alerts of one size', () => {
  const line = (size: number) => `{"event_type":"alert","a":"${'x'.repeat(size - 29)}"}`
  const sample = sampleOf('three', [300, 400, 3000].map(line).join('\n'))

  it('are the longest that fit, filled up, and still JSON', () => {
    const { alerts } = ofSize(sample, 500)
    expect(alerts.map(({ length }) => length)).toEqual([499, 499])
    for (const alert of alerts)
      expect(JSON.parse(alert)).toMatchObject({ event_type: 'alert', payload: /.*/ })
  })

  it('are the shortest there is where none fits', () => {
    expect(ofSize(sample, 100).alerts).toEqual([line(300)])
  })
})

describe('a question in a process of its own', () => {
  it('gives what it prints', async () => {
    expect(await printed(['-p', '1 + 1'], 30_000)).toBe('2\n')
  })

  it('that fails is told', async () => {
    await expect(printed(['-e', 'process.exit(3)'], 30_000)).rejects.toThrow('it ended with 3')
  })

  it('ends when its time is up, with all that it started', async () => {
    const script = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'inherit' })`
    // Its output stays open as long as the child of the child lives.
    await expect(printed(['-e', script], 1000)).rejects.toThrow('ended by SIGTERM')
  })
})
