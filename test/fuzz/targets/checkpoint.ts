import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { StateError } from '../../../src/errors.ts'
import { Checkpoints, decode, encode } from '../../../src/state/checkpoint.ts'
import { mutateJson } from '../mutate.ts'
import { scratch } from '../scratch.ts'
import type { Random, Target } from '../target.ts'

type Content = ReturnType<typeof decode>

const folder = scratch()
const path = join(folder, 'checkpoint.json')

const log = { debug() {}, info() {}, warn() {}, error() {} }

/** A generation in which every offset is its own. */
function generation(number: number): Content {
  const file = (index: number): Content['files'][number] => ({
    connector: 'suricata',
    path: `/var/log/suricata/é\ufffd${index}.json`,
    file: `0123456789abcde${index}`,
    dev: '2049',
    ino: String(100 + index),
    head: { length: 1024, hash: 'ab'.repeat(16) },
    offset: 1000 * number + index,
    frontier: { length: 256, hash: 'cd'.repeat(16) },
    size: 10_000,
    changed: 1_777_000_000_000.5,
    seen: 1_777_000_000_000,
  })
  return { files: [file(0), file(1)], started: { suricata: ['/var/log/suricata/*.json'] } }
}

const [older, newer] = [generation(1), generation(2)]
const written = [encode(older), encode(newer), encode({ files: [], started: {} })]

export const target: Target = {
  tokens: [
    'idmefv2-stream checkpoint 1 ',
    'idmefv2-stream checkpoint 2 ',
    '"offset":',
    '"files":[',
    '\n',
    '\0',
    '1e308',
    '__proto__',
  ],
  seeds: () => written.map((text) => Buffer.from(text)),
  mutate: forged,
  check(input) {
    const text = input.toString()
    const accepted = content(text)
    // The check sum holds the bytes: whatever else is accepted was made to fit it, and has the right form.
    if (accepted && !written.includes(encode(accepted))) {
      assert.ok(isForged(text), 'accepted, and never written')
      assert.ok(
        accepted.files.every(({ offset }) => Number.isSafeInteger(offset) && offset >= 0),
        'no offset',
      )
    }
    checkAlone(input, accepted)
    for (const [damaged, good] of [
      [path, `${path}.prev`],
      [`${path}.prev`, path],
    ] as const) {
      writeFileSync(damaged, input)
      writeFileSync(good, encode(older))
      const loaded = new Checkpoints({ path, intervalMs: 1000, log })
      const wanted = damaged === path && accepted ? accepted : older
      assert.deepEqual(loaded.files('suricata'), lastSeen(wanted), 'other positions')
      const isRefused = damaged === path && !accepted
      assert.equal(loaded.warnings.length > 0, isRefused, 'told, or not')
      if (isRefused) assert.ok(readFileSync(`${path}.corrupt`).equals(input), 'not kept for the operator')
    }
  },
}

/** Without another generation: files are followed as if for the first time, or a later version is asked for. */
function checkAlone(input: Buffer, accepted: Content | undefined): void {
  writeFileSync(path, input)
  rmSync(`${path}.prev`, { force: true })
  try {
    const loaded = new Checkpoints({ path, intervalMs: 1000, log })
    assert.deepEqual(loaded.files('suricata'), accepted ? lastSeen(accepted) : [], 'positions from nowhere')
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    assert.equal(error.code, 'VERSION', 'another reason not to start')
    assert.ok(!input.toString().startsWith('idmefv2-stream checkpoint 1 '), 'refused in our own version')
  }
}

function content(text: string): Content | undefined {
  try {
    return decode(text)
  } catch (error) {
    assert.ok(error instanceof Error, 'no Error')
    return undefined
  }
}

/** Those of the connector that are remembered: one file is known once, and one not seen for long is forgotten. */
function lastSeen({ files }: Content): Content['files'] {
  const newest = Math.max(0, ...files.map(({ seen }) => seen))
  const week = 7 * 86_400_000
  const kept = new Map(files.filter(({ seen }) => seen >= newest - week).map((state) => [state.file, state]))
  return [...kept.values()].filter(({ connector }) => connector === 'suricata')
}

/** Content of another form with a check sum that fits: as a program of another version might leave it. */
function forged(input: Buffer, draw: Random): Buffer {
  const [, body = '{}'] = input.toString().split('\n')
  const changed = mutateJson(
    body,
    ['0', '-1', '1.5', '1e300', '[]', '{}', 'null', '"x"', '9007199254740993'],
    draw,
  )
  return Buffer.from(
    `idmefv2-stream checkpoint 1 ${crc32(changed, 1).toString(16).padStart(8, '0')}\n${changed}\n`,
  )
}

function isForged(text: string): boolean {
  const [header = '', body = ''] = text.split('\n')
  return header.startsWith(`idmefv2-stream checkpoint 1 ${crc32(body, 1).toString(16).padStart(8, '0')}`)
}
