import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { alertsOf, drawn, inputFile, linesOf, loadSample, sampleOf } from '../bench/data.ts'
import { MARK, Messages } from '../bench/delivery/receiver.ts'
import { median } from '../bench/measure.ts'
import type { Figures } from '../bench/question.ts'
import type { Report } from '../bench/report.ts'

const run = promisify(execFile)
const folder = mkdtempSync(`${tmpdir()}/bench-test-`)
afterAll(() => rmSync(folder, { recursive: true }))

const alert =
  '{"timestamp":"2018-09-11T18:11:57.749833+0530","flow_id":1,"event_type":"alert","src_ip":"192.0.2.1","src_port":4,"dest_port":80,"alert":{"signature":"caf\u00c3\u00a9"}}'
const flow = '{"timestamp":"2018-09-11T18:11:58.000000+0530","flow_id":2,"event_type":"flow","src_port":5}'
const sample = sampleOf('two lines', `${alert}\n\n${flow}\n`)

function take(count: number, draw: { seed: number; share: number }): string[] {
  const lines = drawn(sample, draw)
  return Array.from({ length: count }, () => lines.next().value)
}
const isAlert = (line: string) => line.includes('"event_type":"alert"')

describe('the lines that benchmarks run on', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(take(50, { seed: 7, share: 0.5 })).toEqual(take(50, { seed: 7, share: 0.5 }))
    expect(take(50, { seed: 7, share: 0.5 })).not.toEqual(take(50, { seed: 8, share: 0.5 }))
  })

  it('hold about the share of alerts that was asked for', () => {
    expect(take(100, { seed: 1, share: 1 }).every(isAlert)).toBe(true)
    expect(take(100, { seed: 1, share: 0 }).some(isAlert)).toBe(false)
    const few = take(10_000, { seed: 1, share: 0.02 }).filter(isAlert).length
    expect(few).toBeGreaterThan(150)
    expect(few).toBeLessThan(250)
  })

  it('differ from the sample in flow, source port and microseconds, and in nothing else', () => {
    const [made = ''] = alertsOf(sample)
    const { timestamp, flow_id, src_port, ...rest } = JSON.parse(made)
    const original = JSON.parse(alert)
    expect(rest).toEqual({
      event_type: 'alert',
      src_ip: '192.0.2.1',
      dest_port: 80,
      alert: original.alert,
    })
    expect(timestamp).toMatch(/^2018-09-11T18:11:57\.\d{6}\+0530$/)
    expect([flow_id, src_port]).not.toEqual([original.flow_id, original.src_port])
    expect(Number.isSafeInteger(flow_id)).toBe(true)
  })

  it('keep their bytes in one buffer', () => {
    const { bytes, starts, ends } = linesOf([alert, flow])
    expect(bytes.toString('latin1', starts[1], ends[1])).toBe(flow)
    expect(bytes.toString('utf8', starts[0], ends[0])).toContain('café')
    expect(bytes.length).toBe((ends[1] ?? 0) + 1)
  })

  it('fill a file of whole lines up to its size, which is made once', () => {
    const path = inputFile(sample, { seed: 1, share: 0.5 }, 10_000, folder)
    const text = readFileSync(path, 'latin1')
    expect(text.length).toBeGreaterThan(10_000 - 2 * alert.length)
    expect(text.length).toBeLessThanOrEqual(10_000)
    expect(text.split('\n').at(-1)).toBe('')
    const { ino } = statSync(path)
    expect(statSync(inputFile(sample, { seed: 1, share: 0.5 }, 10_000, folder)).ino).toBe(ino)
    expect(inputFile(sample, { seed: 2, share: 0.5 }, 10_000, folder)).not.toBe(path)
    expect(existsSync(`${path}.part`)).toBe(false)
  })

  it('come from a sample that has alerts', () => {
    expect(loadSample().alerts.length).toBeGreaterThan(0)
  })
})

describe('the receiver of whole runs', () => {
  it.each([
    ['ours', MARK],
    ['of a peer', '"ID":"'],
  ])('finds each message once, however the stream is cut: %s', (_, mark) => {
    const ids = Array.from({ length: 9 }, (_, i) => `00000000-0000-8000-8000-00000000000${i}`)
    const stream = Buffer.from(ids.map((id) => `{${mark}${id}","Note":"x"}`).join(','))
    for (const size of [1, 7, 41, 42, 61, 62, 100, stream.length]) {
      const messages = new Messages(mark)
      const found: string[] = []
      for (let at = 0; at < stream.length; at += size) {
        messages.take(stream.subarray(at, at + size), (bytes, from) =>
          found.push(bytes.toString('latin1', from, from + 36)),
        )
      }
      expect(found).toEqual(ids)
    }
  })
})

describe('pnpm bench', () => {
  const bench = async (...args: string[]) =>
    (await run(process.execPath, [fileURLToPath(new URL('../bench/run.ts', import.meta.url)), ...args]))
      .stdout
  const quick = ['--quick', '--mb', '1', '--data', folder]

  it('gives figures for what was asked, and compares two of them', async () => {
    const text = await bench('counters', 'read', ...quick, '--json')
    const { setting, answers }: Report = JSON.parse(text)
    expect(setting.node).toBe(process.version)
    const figures = answers.filter((answer): answer is Figures => 'rows' in answer)
    expect(figures.map(({ unit }) => unit)).toEqual(['events', 'lines'])
    for (const { rows } of figures) {
      expect(rows[0]?.ratio).toBe(1)
      for (const row of rows) expect(row.perSecond).toBeGreaterThan(0)
    }

    writeFileSync(`${folder}/before.json`, text)
    const compared = await bench('compare', `${folder}/before.json`, `${folder}/before.json`)
    expect(compared.trimEnd().split('\n')).toHaveLength(1 + figures.flatMap(({ rows }) => rows).length)
    expect(compared).toContain('split2')
  })

  it('follows an IDMEFv1 message through every step, to a manager and a receiver of its own', async () => {
    const { answers }: Report = JSON.parse(await bench('gateway', ...quick, '--json'))
    const titles = answers.map(({ title }) => title)
    expect(titles).toEqual([
      expect.stringContaining('a typical alert: '),
      expect.stringContaining('an alert with every class: '),
      expect.stringContaining('sent to a Prelude manager'),
      expect.stringContaining('documents posted'),
    ])
  })

  it('names the questions there are when it is asked another', async () => {
    await expect(bench('speed', ...quick)).rejects.toMatchObject({
      stderr: expect.stringMatching(/no question speed[\s\S]*questions: targets, read/),
    })
  })
})

it('takes the middle of an even and an odd number of rounds', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})
