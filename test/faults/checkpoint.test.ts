import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Checkpoints, decode, encode } from '../../src/state/checkpoint.ts'
import { lines, range } from '../e2e/events.ts'
import { EXACT, Oracle } from '../e2e/oracle.ts'
import { cli, MAIN, NODE } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { silent } from '../sources/consumer.ts'
import { expectSafe, live, scaled } from './run.ts'
import { mostAgain, RANGES } from './trial.ts'

/** Delivered in part, and stopped: both generations of the checkpoint are there. */
async function begun(alerts: number) {
  const [site, oracle] = [new Site(), await Oracle.start({ delayMs: 5 })]
  site.configure(oracle.url, { workers: RANGES })
  site.append(lines(0, alerts))
  const program = site.run()
  await until('half of the load', () => oracle.messages.length > alerts / 2)
  expect(await program.stop()).toBe(0)
  const [current, previous] = [site.path('state/checkpoint.json'), site.path('state/checkpoint.json.prev')]
  expect(existsSync(previous)).toBe(true)
  return { site, oracle, current, previous }
}

// In the middle alone; test/state/checkpoint.test.ts cuts at each byte what the program here is started with.
test('F8: a checkpoint cut short: the generation before is taken, and that is told and counted', async () => {
  const { site, oracle, current } = await begun(800)
  const bound = mostAgain(site.path('state'), oracle)
  truncateSync(current, Math.floor(statSync(current).size / 2))
  const program = site.run()
  await oracle.arrival(0, 800)
  expect(program.logged('cannot be used: damaged')).toHaveLength(1)
  expect((await program.metrics()).sum('checkpoint_errors_total')).toBe(1)
  await live(site, oracle, program, 800)
  expectSafe(oracle, 801, bound)
})

describe('F9: bits flipped, zeros, NUL files', () => {
  test('whatever is on disk, it starts, and with no position that was not written', () => {
    const site = new Site()
    const [current, previous] = [site.path('checkpoint'), site.path('checkpoint.prev')]
    const file = {
      connector: 'suricata',
      path: '/var/log/eve.json',
      file: '0123456789abcdef',
      dev: '1',
      ino: '2',
      head: { length: 1024, hash: 'a' },
      offset: 100,
      frontier: { length: 100, hash: 'b' },
      size: 500,
      changed: 1,
      seen: 1,
    }
    const generation = (offset: number) =>
      Buffer.from(encode({ files: [{ ...file, offset }], started: { suricata: ['/var/log/eve.json'] } }))
    type Damage = { at: number; bits: number } | { from: number; zeros: number } | { end: number }
    const damage = fc.oneof<fc.Arbitrary<Damage>[]>(
      fc.record({ at: fc.nat(400), bits: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ from: fc.nat(400), zeros: fc.integer({ min: 1, max: 500 }) }),
      fc.record({ end: fc.nat(400) }),
    )
    const damaged = (bytes: Buffer, damages: readonly Damage[]) =>
      damages.reduce((before, each) => {
        if ('end' in each) return before.subarray(0, each.end)
        const after = Buffer.from(before)
        if ('zeros' in each) return zeroed(after, each)
        if (each.at < after.length) after[each.at] = (after[each.at] ?? 0) ^ each.bits
        return after
      }, bytes)
    const zeroed = (bytes: Buffer, { from, zeros }: { from: number; zeros: number }) => {
      bytes.subarray(from, from + zeros).fill(0)
      return bytes
    }
    const damages = fc.array(damage, { maxLength: 3 })
    fc.assert(
      fc.property(damages, damages, (ofCurrent, ofPrevious) => {
        const written = [damaged(generation(200), ofCurrent), damaged(generation(100), ofPrevious)] as const
        writeFileSync(current, written[0])
        writeFileSync(previous, written[1])
        const checkpoints = new Checkpoints({ path: current, intervalMs: 10_000, log: silent })
        const isWhole = [generation(200), generation(100)].map((bytes, i) =>
          bytes.equals(written[i] ?? bytes),
        )
        const offsets = checkpoints.files('suricata').map(({ offset }) => offset)
        expect(offsets).toEqual(isWhole[0] ? [200] : isWhole[1] ? [100] : [])
        expect(checkpoints.counts.failures).toBe(isWhole[0] ? 0 : isWhole[1] ? 1 : 2)
      }),
      { numRuns: scaled(500, 20_000) },
    )
  })

  test('zeros in both generations: files are followed as if for the first time, and that is told', async () => {
    const { site, oracle, current, previous } = await begun(400)
    for (const path of [current, previous]) writeFileSync(path, Buffer.alloc(4096))
    const program = site.run()
    await oracle.arrival(0, 400)
    await until('the second time', () => oracle.times(0) > 1)
    expect(program.logged('no usable positions')).toHaveLength(1)
    await live(site, oracle, program, 400)
    // Which file it was nobody knows any more, so what came before comes again as something new.
    expect(oracle.account(range(0, 401))).toMatchObject({ lost: [], foreign: [], invalid: 0 })
  })
})

describe('F10: a state directory that cannot be written', () => {
  async function outlast(
    site: Site,
    oracle: Oracle,
    through: readonly string[],
    harm: () => void,
    mend: () => void,
  ) {
    const program = site.run([], { through, env: { NODE_COMPILE_CACHE: '' } })
    site.append(lines(0, 100))
    await oracle.arrival(0, 100)
    await until('a checkpoint', async () => (await program.metrics()).sum('checkpoint_age_seconds') === 0)
    harm()
    site.append(lines(100, 200))
    await oracle.arrival(100, 200)
    expect(await program.ready(503)).toContain('positions cannot be written')
    await until('attempts', async () => (await program.metrics()).sum('checkpoint_errors_total') >= 3)
    mend()
    expect(await program.ready(200)).toBe('ok\n')
    await live(site, oracle, program, 200)
    expect(program.log.filter(({ msg }) => msg.startsWith('positions cannot be written'))).toHaveLength(1)
    expect(program.logged('recovered: positions')).toHaveLength(1)
    expect(await site.run(['--once']).exit).toBe(0)
    expectSafe(oracle, 201, 0)
  }

  test('missing', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    site.append('')
    const [state, away] = [site.path('state'), site.path('away')]
    await outlast(
      site,
      oracle,
      [],
      () => renameSync(state, away),
      () => renameSync(away, state),
    )
  })

  // Root may write everywhere, so it has to be somebody else.
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const [command = '', ...words] = [...nobody, NODE, MAIN, '--version']
  const can = process.getuid?.() === 0 && spawnSync(command, words).status === 0
  test.skipIf(!can)('read-only (needs root, to be somebody else)', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    site.append('')
    const state = site.path('state')
    mkdirSync(state)
    for (const path of [site.folder, state, site.conf, site.eve]) chownSync(path, 65534, 65534)
    await outlast(
      site,
      oracle,
      nobody,
      () => chmodSync(state, 0o500),
      () => chmodSync(state, 0o700),
    )
  })
})

describe('F49: positions of another version', () => {
  const released = fileURLToPath(new URL('fixtures/released/', import.meta.url))

  test.each(readdirSync(released))('of %s are read: it goes on where that one stopped', async (version) => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    mkdirSync(site.path('state'))
    copyFileSync(`${released}${version}/eve.json`, site.eve)
    copyFileSync(`${released}${version}/checkpoint.json`, site.path('state/checkpoint.json'))
    const program = site.run(['--once'])
    expect(await program.exit).toBe(0)
    expect(program.logged('going on with file')).toHaveLength(1)
    expect(oracle.account(range(6, 10))).toEqual(EXACT)
  })

  test('that this one does not know are refused loudly and left as they are; where one it knows is left, that is taken', async () => {
    const { site, oracle, current, previous } = await begun(400)
    const ours = readFileSync(previous)
    const bound = mostAgain(site.path('state'), oracle)
    const later = encode(decode(readFileSync(current, 'utf8')), 2)
    for (const path of [current, previous]) writeFileSync(path, later)
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect(code).toBe(78)
    expect(stderr).toContain(`${current} cannot be used: of another version (2)`)
    expect(readFileSync(current, 'utf8')).toBe(later)
    expect(oracle.messages.length).toBeLessThan(400)

    // Of a newer version that was tried for a moment: the generation before is still ours.
    writeFileSync(previous, ours)
    const program = site.run()
    await oracle.arrival(0, 400)
    await live(site, oracle, program, 400)
    expectSafe(oracle, 401, bound)
  })
})
