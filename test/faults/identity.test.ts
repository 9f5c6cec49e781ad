import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, test } from 'vitest'
import { alert, lines, other } from '../e2e/events.ts'
import { Oracle } from '../e2e/oracle.ts'
import type { Program } from '../e2e/program.ts'
import { Site } from '../e2e/site.ts'
import { until } from '../e2e/wait.ts'
import { expectSafe, isFull, live } from './run.ts'

// Rows F21 to F26 and F54: which file is this?

async function setUp(filename?: (site: Site) => string) {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, filename ? { suricata: { filename: filename(site) } } : {})
  return { site, oracle }
}

const metric = async (program: Program, name: string) => (await program.metrics()).sum(name)

/** Runs until `count` alerts are delivered, and ends well. */
async function runTo(site: Site, oracle: Oracle, count: number): Promise<void> {
  const program = site.run()
  await oracle.arrival(0, count)
  expect(await program.stop()).toBe(0)
}

test('F21: truncated, and grown past the old offset before anybody looks', async () => {
  const { site, oracle } = await setUp()
  site.append(lines(0, 10))
  const program = site.run()
  let next = 10
  for (let more = 20; more <= 100; more += 10) {
    await oracle.arrival(0, next)
    await until('all is delivered', async () => (await metric(program, 'lag_bytes')) === 0)
    // Opened with O_TRUNC.
    writeFileSync(site.eve, lines(next, next + more))
    next += more
  }
  await oracle.arrival(0, next)
  expect(program.logged('file was truncated')).toHaveLength(9)
  expect(await metric(program, 'bytes_lost_total')).toBe(0)
  await live(site, oracle, program, next)
  expectSafe(oracle, next + 1, 0)
})

test('F21: the same while it is down', async () => {
  const { site, oracle } = await setUp()
  site.append(lines(0, 50))
  await runTo(site, oracle, 50)
  writeFileSync(site.eve, lines(50, 150))
  const program = site.run()
  await oracle.arrival(0, 150)
  await live(site, oracle, program, 150)
  expectSafe(oracle, 151, 0)
})

describe('F22: removed, and the next file gets its inode', () => {
  test.each([
    ['shorter than the old one', 20],
    ['longer than the old one', 300],
  ])('%s', async (_, count) => {
    const { site, oracle } = await setUp()
    site.append(lines(0, 100))
    await runTo(site, oracle, 100)
    const { ino } = statSync(site.eve)
    // Most file systems give the last one that became free; where others write as well, soon.
    for (let attempt = 0; attempt < 200; attempt++) {
      rmSync(site.eve)
      writeFileSync(site.eve, lines(100, 100 + count))
      if (statSync(site.eve).ino === ino) break
    }
    const program = site.run()
    await oracle.arrival(0, 100 + count)
    await live(site, oracle, program, 100 + count)
    expectSafe(oracle, 101 + count, 0)
  })
})

test('F23: two files that begin with the same 4 KiB, also after both were renamed', async () => {
  const { site, oracle } = await setUp((site) => site.path('eve*.json'))
  const head = `${other(0)}\n`.repeat(20)
  expect(head.length).toBeGreaterThan(4096)
  const [a, b] = [site.file('eve-a.json', head), site.file('eve-b.json', head)]
  const first = site.run()
  writeFileSync(a, lines(0, 50), { flag: 'a' })
  writeFileSync(b, lines(50, 150), { flag: 'a' })
  await oracle.arrival(0, 150)
  expect(await first.stop()).toBe(0)
  renameSync(a, site.path('eve-c.json'))
  renameSync(b, a)
  writeFileSync(a, lines(150, 200), { flag: 'a' })
  writeFileSync(site.path('eve-c.json'), lines(200, 250), { flag: 'a' })
  const second = site.run()
  await oracle.arrival(0, 250)
  // eve.json is a third one.
  await live(site, oracle, second, 250)
  expectSafe(oracle, 251, 0)
})

test('F24: a link, its target, and globs that overlap are one file', async () => {
  const { site, oracle } = await setUp((site) => {
    symlinkSync(site.eve, site.path('link.json'))
    symlinkSync(site.folder, site.path('folder'))
    return ['eve.json', 'link.json', '*.json', 'e*.json', 'folder/eve.json', 'folder/*.json']
      .map((name) => site.path(name))
      .join(', ')
  })
  site.append(lines(0, 100))
  const program = site.run()
  await oracle.arrival(0, 100)
  expect(program.logged('following file')).toHaveLength(1)
  await live(site, oracle, program, 100)
  expectSafe(oracle, 101, 0)
})

describe('F25: deleted while it is open, written to, and closed', () => {
  async function outlive() {
    const { site, oracle } = await setUp()
    site.append(lines(0, 50))
    const program = site.run()
    await oracle.arrival(0, 50)
    const script = 'exec 3>>"$1"; rm "$1"; cat >&3'
    spawnSync('sh', ['-c', script, 'sh', site.eve], { input: lines(50, 150) })
    await oracle.arrival(0, 150)
    return { site, oracle, program }
  }

  test('what was written is delivered, and so is the next file', async () => {
    const { site, oracle, program } = await outlive()
    await live(site, oracle, program, 150)
    expectSafe(oracle, 151, 0)
  })

  test.skipIf(!isFull)(
    'its descriptor is closed after the minute for late writers (FAULTS_FULL=1)',
    async () => {
      const { site, oracle, program } = await outlive()
      const open = () => deletedFiles(program).filter((path) => path.startsWith(site.eve))
      expect(open()).toHaveLength(1)
      for (let waits = 0; waits < 3 && open().length > 0; waits++)
        await until('the descriptor is closed', () => open().length === 0).catch(() => undefined)
      expect(open()).toEqual([])
      await live(site, oracle, program, 150)
    },
  )

  function deletedFiles({ child }: Program): string[] {
    return readdirSync(`/proc/${child.pid}/fd`).flatMap((fd) => {
      try {
        const path = readlinkSync(`/proc/${child.pid}/fd/${fd}`)
        return path.endsWith(' (deleted)') ? [path] : []
      } catch {
        return [] // closed since
      }
    })
  }
})

describe('F26: what is not there at the start', () => {
  test('a directory that is made later', async () => {
    const { site, oracle } = await setUp((site) => site.path('a/b/eve.json'))
    const program = site.run()
    await program.says('started')
    mkdirSync(site.path('a/b'), { recursive: true })
    site.file('a/b/eve.json', lines(0, 50))
    await oracle.arrival(0, 50)
    rmSync(site.path('a'), { recursive: true })
    mkdirSync(site.path('a/b'), { recursive: true })
    site.file('a/b/eve.json', lines(50, 80))
    await oracle.arrival(0, 80)
    expect(await program.stop()).toBe(0)
    expectSafe(oracle, 80, 0)
  })

  // Root may read everything, so it has to be somebody else.
  const nobody = 65_534
  test.skipIf(process.getuid?.() !== 0)('permission that is granted later (needs root)', async () => {
    const { site, oracle } = await setUp()
    mkdirSync(site.path('state'), { mode: 0o700 })
    for (const name of ['', 'state', 'idmefv2.conf']) chownSync(site.path(name), nobody, nobody)
    site.append(lines(0, 50))
    chmodSync(site.eve, 0)
    const through = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
    const program = site.run([], { through })
    await program.says('file cannot be followed')
    chmodSync(site.eve, 0o644)
    await oracle.arrival(0, 50)
    // When it begins and when it ends, not at each look.
    expect(program.logged('file cannot be followed').map(({ level }) => level)).toEqual(['error', 'info'])
    await live(site, oracle, program, 50)
    expectSafe(oracle, 51, 0)
  })
})

describe('F54: the file lost its end with the power while it was down', () => {
  test('at the end of a line', async () => {
    const { site, oracle } = await setUp()
    const kept = lines(0, 100)
    site.append(kept + lines(100, 200))
    await runTo(site, oracle, 200)
    truncateSync(site.eve, Buffer.byteLength(kept))
    const program = site.run()
    await program.says('file lost its end')
    site.append(lines(200, 250))
    await oracle.arrival(0, 250)
    await live(site, oracle, program, 250)
    expectSafe(oracle, 251, 0)
  })

  test('in the middle of a line: what the tool writes behind it is a record of its own', async () => {
    const { site, oracle } = await setUp()
    const kept = `${lines(0, 100)}${alert(100).slice(0, 50)}`
    site.append(`${kept}${alert(100).slice(50)}\n${lines(101, 200)}`)
    await runTo(site, oracle, 200)
    truncateSync(site.eve, Buffer.byteLength(kept))
    const program = site.run()
    await program.says('file lost its end')
    site.append(`${alert(200)}\n${lines(201, 250)}`)
    await oracle.arrival(0, 250)
    await live(site, oracle, program, 250)
    expectSafe(oracle, 251, 0)
    expect(site.deadLetters).toEqual([])
  })

  test('while it is followed, in the middle of a line', async () => {
    const { site, oracle } = await setUp()
    const kept = `${lines(0, 100)}${alert(100).slice(0, 50)}`
    site.append(`${kept}${alert(100).slice(50)}\n${lines(101, 200)}`)
    const program = site.run()
    await oracle.arrival(0, 200)
    await until('all is delivered', async () => (await metric(program, 'lag_bytes')) === 0)
    truncateSync(site.eve, Buffer.byteLength(kept))
    await program.says('file lost its end')
    site.append(lines(200, 250))
    await oracle.arrival(0, 250)
    await live(site, oracle, program, 250)
    expectSafe(oracle, 251, 0)
    expect(site.deadLetters).toEqual([])
  })
})
