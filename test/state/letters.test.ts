import {
  appendFileSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'
import { Aside, type Step } from '../../src/state/aside.ts'
import { DeadLetters, deadLettersIn, toDeadLetter } from '../../src/state/deadletter.ts'
import { asideFiles, asideFolder, readLetters } from '../../src/state/letters.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

function place(): string {
  const path = mkdtempSync(`${tmpdir()}/aside-`)
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const letter = (raw: string) =>
  toDeadLetter(
    { connector: 'suricata', reason: 'refused', detail: 'no', origin: '/eve.json' },
    Buffer.from(raw),
    1e9,
  )

const text = (...raws: string[]) => raws.map((raw) => `${JSON.stringify(letter(raw))}\n`).join('')

async function write(state: string, ...raws: string[]): Promise<void> {
  const letters = new DeadLetters(deadLettersIn(state), 1e9)
  await letters.append(raws.map(letter))
  await letters.close()
}

/** The records of the letters there are; `damaged` for a line that is none. */
const raws = (state: string) =>
  [...readLetters(state)].map((entry) => (entry.number === undefined ? 'damaged' : entry.letter.raw))

async function take(state: string, onStep?: (step: Step) => void): Promise<Aside> {
  const aside = await Aside.take(state, log, onStep)
  onTestFinished(() => aside.close())
  return aside
}

/** Keeps what `stays` says. */
async function sift(aside: Aside, stays: (raw: string) => boolean): Promise<void> {
  for (const entry of aside.entries())
    if (entry.number === undefined || stays(entry.letter.raw)) await aside.keep(entry.line)
}

test('what is no letter is told apart, and the letters around it keep their numbers', () => {
  const state = place()
  const damage = ['{"time":"20', '[]', '{}', 'null', text('x').replace('refused', 'bored').trimEnd(), '\0\0']
  writeFileSync(
    deadLettersIn(state),
    `${text('one')}${damage.join('\n')}\n\n${text('two')}${text('three').trimEnd()}`,
  )
  expect(raws(state)).toEqual(['one', ...damage.map(() => 'damaged'), 'two', 'three'])
  const numbers = [...readLetters(state)].flatMap(({ number }) => number ?? [])
  expect(numbers).toEqual([1, 2, 3])
})

test('letters longer than what is read at once are whole', () => {
  const state = place()
  const long = ['a', 'b'].map((character) => character.repeat(2_500_000))
  writeFileSync(deadLettersIn(state), text('one', ...long, 'four'))
  expect(raws(state)).toEqual(['one', ...long, 'four'])
})

test('members that a later version wrote are kept', () => {
  const state = place()
  writeFileSync(deadLettersIn(state), `${JSON.stringify({ ...letter('one'), colour: 'red' })}\n`)
  expect([...readLetters(state)]).toMatchObject([{ number: 1, letter: { colour: 'red' } }])
})

test('what is kept stays byte for byte, damage included, and the rest is gone', async () => {
  const state = place()
  await write(state, 'one', 'two')
  appendFileSync(deadLettersIn(state), '{"time":"20')
  await write(state, 'three')
  const aside = await take(state)
  await sift(aside, (raw) => raw !== 'two')
  await aside.finish()
  expect(raws(state)).toEqual(['one', 'damaged', 'three'])
  expect(asideFiles(state)).toEqual([])
  expect(statSync(deadLettersIn(state)).mode & 0o777).toBe(0o600)
})

test('what was not gone through stays', async () => {
  const state = place()
  await write(state, 'one', 'two', 'three')
  const aside = await take(state)
  const [first] = aside.entries()
  expect(first?.number).toBe(1)
  await aside.finish()
  expect(raws(state)).toEqual(['two', 'three'])
})

test('letters that a process appends meanwhile stay, wherever they went', async () => {
  const state = place()
  const letters = new DeadLetters(deadLettersIn(state), 1e9)
  onTestFinished(() => letters.close())
  await letters.append([letter('one')])
  // A thread that had looked up the file, and writes only now.
  const late = openSync(deadLettersIn(state), 'a')
  onTestFinished(() => closeSync(late))
  const aside = await take(state, (step) => {
    if (step === 'all kept') writeSync(late, text('late'))
    if (step === 'removed') writeSync(late, text('too late'))
  })
  await letters.append([letter('two')])
  await sift(aside, () => false)
  writeSync(late, text('last'))
  await letters.append([letter('three')])
  await aside.finish()
  expect(raws(state).sort()).toEqual(['last', 'late', 'three', 'too late', 'two'])
})

test('what was set aside and not finished is taken up before what came after', async () => {
  const state = place()
  await write(state, 'one', 'two')
  const broken = await take(state)
  await write(state, 'three')
  broken.close()
  expect(raws(state)).toEqual(['one', 'two', 'three'])
  const aside = await take(state)
  await write(state, 'four')
  await sift(aside, (raw) => raw !== 'three')
  await aside.finish()
  expect(raws(state).sort()).toEqual(['four', 'one', 'two'])
  expect(readdirSync(asideFolder(state))).toEqual(['lock'])
})

test('one process at a time', async () => {
  const state = place()
  await write(state, 'one')
  const aside = await take(state)
  await expect(Aside.take(state, log)).rejects.toMatchObject({ code: 'LOCKED' })
  expect(asideFiles(state)).toHaveLength(1)
  aside.close()
  await take(state)
})

test('when nothing can be put back, all that was set aside still is', async () => {
  const state = place()
  await write(state, 'one', 'two')
  const aside = await take(state)
  writeFileSync(`${state}/elsewhere`, '')
  symlinkSync('elsewhere', deadLettersIn(state))
  await sift(aside, (raw) => raw === 'one')
  await expect(aside.finish()).rejects.toMatchObject({ code: 'WRITE' })
  aside.close()
  rmSync(deadLettersIn(state))
  expect(raws(state)).toEqual(['one', 'two'])
})

test('a line that another process is cut short in does not swallow what is put back', async () => {
  const state = place()
  await write(state, 'one')
  const aside = await take(state)
  writeFileSync(deadLettersIn(state), '{"time":"20')
  await sift(aside, () => true)
  await aside.finish()
  expect(raws(state)).toEqual(['damaged', 'one'])
})

test.skipIf(process.getuid?.() !== 0)(
  'what root puts back belongs to whom the directory belongs',
  async () => {
    const state = place()
    await write(state, 'one', 'two')
    for (const path of [state, deadLettersIn(state)]) chownSync(path, 65534, 65534)
    const aside = await take(state)
    await sift(aside, (raw) => raw === 'one')
    await aside.finish()
    for (const path of [deadLettersIn(state), asideFolder(state)])
      expect(statSync(path).uid, path).toBe(65534)
  },
)
