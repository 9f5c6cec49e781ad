import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECK_BYTES, checksOf } from '../../../src/state/checks.ts'
import { Segment } from '../../../src/state/segment.ts'
import { scratch } from '../scratch.ts'
import type { Target } from '../target.ts'

const texts = Array.from({ length: 12 }, (_, n) => Buffer.from(`{"n":${n},"text":"${'é'.repeat(n * n)}"}\n`))
const lines = texts.map((text, n) => {
  const start = texts.slice(0, n).reduce((sum, { length }) => sum + length, 0)
  return { start, end: start + text.length }
})
const written = { lines: Buffer.concat(texts), checks: checksOf(Buffer.concat(texts), 0) }

const folder = scratch()
const path = join(folder, '000000000007-0123456789abcdef.lines')

interface Damaged {
  lines: Buffer
  checks: Buffer
}

/** An input is a list of damages, four bytes each: what, where (two bytes), and a value. */
const DAMAGES: readonly ((files: Damaged, at: number, value: number) => Damaged)[] = [
  (files, at, value) => ({ ...files, lines: filled(files.lines, at, 1, value) }),
  (files, at, value) => ({ ...files, lines: filled(files.lines, at, value, 0) }),
  (files, at) => ({ ...files, lines: files.lines.subarray(0, at % (files.lines.length + 1)) }),
  (files, at, value) => ({ ...files, lines: Buffer.concat([files.lines, Buffer.alloc(at % 50, value)]) }),
  (files, at, value) => ({ ...files, checks: filled(files.checks, at, 1, value) }),
  (files, at, value) => ({ ...files, checks: filled(files.checks, at, value, 0) }),
  (files, at) => ({ ...files, checks: files.checks.subarray(0, at % (files.checks.length + 1)) }),
  (files, at, value) => ({ ...files, checks: Buffer.concat([files.checks, Buffer.alloc(at % 50, value)]) }),
]

function filled(bytes: Buffer, at: number, length: number, value: number): Buffer {
  const copy = Buffer.from(bytes)
  const start = at % (bytes.length + 1)
  return copy.fill(value, start, Math.min(start + length, bytes.length))
}

function damage(input: Buffer): Damaged {
  let files: Damaged = written
  for (let i = 1; i + 4 <= input.length; i += 4) {
    const [what = 0, value = 0] = [input[i], input[i + 3]]
    files = DAMAGES[what % DAMAGES.length]?.(files, input.readUInt16BE(i + 1), value) ?? files
  }
  return files
}

export const target: Target = {
  tokens: ['\0\0\0\0', '\x01\0\x10\x20', '\x02\0\x40\0', '\x04\0\x0c\x01', '\x06\0\x14\0', '\x03\0\x07\x0a'],
  seeds: () => [Buffer.from('\0\0\0\x20\x0a', 'latin1'), Buffer.from('\x03\x02\x01\x00\x00', 'latin1')],
  async check(input) {
    const files = damage(input)
    const from = lines[(input[0] ?? 0) % (lines.length + 1)]?.start ?? written.lines.length
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    writeFileSync(path, files.lines)
    writeFileSync(path.replace('.lines', '.checks'), files.checks)
    const [segment, ...others] = Segment.find(folder)
    assert.ok(segment && others.length === 0, 'not found')
    const found = await segment.examine(from).finally(() => segment.close())
    const { sound, damaged, missing, torn, bytes } = found
    assert.ok(bytes.equals(files.lines), 'other bytes than those in the file')
    assert.ok(missing >= 0 && torn >= 0, 'less than nothing')
    const spans = [...sound, ...damaged].sort((a, b) => a.start - b.start)
    for (const [index, { start, end }] of spans.entries()) {
      assert.ok(end > start && end <= files.lines.length, 'a span outside')
      assert.equal(start, spans[index - 1]?.end ?? start, 'a gap, or a line twice')
    }
    const last = spans.at(-1)?.end
    if (last !== undefined) assert.equal(last + torn, files.lines.length, 'an end that nobody speaks of')
    const delivered = sound.flatMap(({ start, end }) => linesOf(readFileSync(path), start, end))
    for (const [index, line] of lines.entries())
      if (line.start >= from) checkLine(index, files, delivered, damaged)
  },
}

function checkLine(
  index: number,
  files: Damaged,
  delivered: readonly Line[],
  damaged: readonly { start: number; end: number }[],
): void {
  const { start, end } = lines[index] ?? { start: 0, end: 0 }
  const text = texts[index]?.toString('latin1')
  const times = delivered.filter((line) => line.start === start && line.text === text).length
  if (isWhole('lines', files, start, end)) {
    const isSetOff = index === 0 || isWhole('lines', files, start - 1, start) || isAccusing(index - 1, files)
    assert.equal(times, isSetOff ? 1 : times, `line ${index} is lost`)
  } else if (isAccusing(index, files) && start < files.lines.length) {
    assert.ok(
      damaged.some((span) => span.start === start),
      `line ${index} is damaged and delivered`,
    )
  }
}

function isWhole(of: keyof Damaged, files: Damaged, start: number, end: number): boolean {
  return files[of].subarray(start, end).equals(written[of].subarray(start, end))
}

/** Whether the check of a line, and the one that tells where it begins, are as they were written. */
function isAccusing(index: number, files: Damaged): boolean {
  return isWhole('checks', files, Math.max(0, index - 1) * CHECK_BYTES, (index + 1) * CHECK_BYTES)
}

interface Line {
  start: number
  text: string
}

function linesOf(bytes: Buffer, from: number, to: number): Line[] {
  const found: Line[] = []
  for (let start = from; start < to; ) {
    const end = bytes.indexOf(10, start) + 1 || to
    found.push({ start, text: bytes.toString('latin1', start, Math.min(end, to)) })
    start = end
  }
  return found
}
