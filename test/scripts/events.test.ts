import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'

// The scripts that Motion and ZoneMinder run, in the shells that may be /bin/sh, with what a name, a note or a path can hold.

const run = promisify(execFile)
const scripts = join(import.meta.dirname, '../../scripts')
const MOTION = join(scripts, 'motion-event.sh')
const ZONEMINDER = join(scripts, 'zoneminder-event.sh')
const onPath = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
const SHELLS = ['dash', 'bash'].filter(onPath)

const folder = mkdtempSync(join(tmpdir(), 'events-'))
const log = join(folder, 'events.json')
const canary = join(folder, 'ran')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => rmSync(log, { force: true }))

/** Whatever of them were run would leave the canary. */
const HOSTILE: readonly (readonly [what: string, value: string])[] = [
  ['quotes', `Quai "Nord", l'entrée`],
  ['an odd quote', '"'],
  ['the end of the object', '"},{"a":"b'],
  ['backslashes', 'C:\\temp\\new\\u0041\\'],
  ['line ends', 'a\nb\r\nc\n'],
  ['control characters', 'a\tb\u0001\u001b[31m\u007f'],
  ['a command substitution', `$(touch ${canary}) \${HOME} $HOME`],
  ['backquotes', `\`touch ${canary}\``],
  ['the end of a command', `'; touch ${canary}; '" && touch ${canary} | touch ${canary} & #`],
  ['formats', '%s %d %n %MN% %%'],
  ['options', '-e -n --help'],
  ['patterns', '* ? [a-z] ~ {a,b}'],
  ['letters of many lengths', 'é € 😀 \u0800\uffff\u{10000}\u{10ffff}'],
  ['blanks at the ends', '  a  '],
  ['nothing', ''],
]

const lines = () => readFileSync(log, 'utf8').split('\n').slice(0, -1)
const lastLine = () => JSON.parse(lines().at(-1) ?? '')

describe.each(SHELLS)('under %s', (shell) => {
  const motion = (...args: string[]) => run(shell, [MOTION, log, ...args])

  test.each(HOSTILE)('%s in what Motion tells is one line of JSON, and nothing is run', async (_, value) => {
    await motion('picture_save', 'camera_id=1', `camera_name=${value}`, `file=${value}`)
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).toMatch(/^[ -~]+$/)
    expect(lastLine()).toMatchObject({
      event_name: 'picture_save',
      camera_id: '1',
      camera_name: value,
      file: value,
    })
    expect(existsSync(canary)).toBe(false)
  })

  test.each(HOSTILE)(
    '%s in the database of ZoneMinder is one line of JSON, and nothing is run',
    async (_, value) => {
      await zoneminder(shell, [row({ MN: value, EC: value, ED: value })], '7', value)
      expect(lines()).toHaveLength(1)
      expect(lastLine()).toMatchObject({ EI: '7', MN: value, EC: value, ED: value, EDP: value })
      expect(existsSync(canary)).toBe(false)
    },
  )

  test('what is not UTF-8 is replaced, byte for byte', async () => {
    const bytes = String.raw`a\377\300\257\355\240\200\360\200\200\200\364\220\200\200\303`
    await run(shell, ['-c', `"$0" "$1" "$2" picture_save "file=$(printf '${bytes}')"`, shell, MOTION, log])
    expect(lastLine().file).toBe(`a${'\ufffd'.repeat(15)}`)
    await zoneminder(shell, [row({}).replace(hex('gate'), '61ff80c3')], '7')
    expect(lastLine().MN).toBe('a\ufffd\ufffd\ufffd')
  })

  test('what Motion cut apart is left out and told, and the event is not lost', async () => {
    const { stderr } = await motion(
      'event_start',
      'camera_id=1',
      'stray',
      'Bad=1',
      '=x',
      'host=x',
      'file=a=b',
    )
    expect(stderr.match(/left out/g)).toHaveLength(4)
    expect(lastLine()).toMatchObject({ event_name: 'event_start', camera_id: '1', file: 'a=b' })
    expect(Object.keys(lastLine())).toEqual(['event_name', 'host', 'camera_id', 'file'])
    expect(lastLine().host).not.toBe('x')
  })

  test('commands that run side by side do not mix their lines', async () => {
    const long = 'x'.repeat(9000)
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => motion('event_start', `camera_id=${i}`, `file=${long}`)),
    )
    const seen = lines().map((line) => JSON.parse(line))
    expect(seen.map(({ camera_id }) => camera_id).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    expect(new Set(seen.map(({ file }) => file))).toEqual(new Set([long]))
  })

  test('the log is not for everybody', async () => {
    await motion('event_start')
    expect(execFileSync('stat', ['-c', '%a', log], { encoding: 'utf8' })).toBe('640\n')
  })

  test.each([
    ['no event', [MOTION, log], 2],
    ['a folder that is not there', [MOTION, join(folder, 'no/events.json'), 'event_start'], 1],
    [
      'a line too long to be written at once',
      [MOTION, log, 'event_start', `file=${'\u0001'.repeat(12_000)}`],
      1,
    ],
    ['no event of ZoneMinder', [ZONEMINDER, log], 2],
    ['an event that is no number', [ZONEMINDER, log, '7 OR 1=1', 'x'], 2],
    ['an event that is a command', [ZONEMINDER, log, `$(touch ${canary})`, 'x'], 2],
  ])('%s is refused and told', async (_, args, code) => {
    await expect(run(shell, args)).rejects.toMatchObject({
      code,
      stderr: expect.stringMatching(/-event\.sh: /),
    })
    expect(existsSync(log)).toBe(false)
    expect(existsSync(canary)).toBe(false)
  })

  test('an event of ZoneMinder that is not written fails, so that it is tried again', async () => {
    await expect(zoneminder(shell, [], '7')).rejects.toMatchObject({ code: 1, stderr: /there is no event 7/ })
    await expect(zoneminder(shell, undefined, '7')).rejects.toMatchObject({
      code: 1,
      stderr: /database did not answer/,
    })
    expect(existsSync(log)).toBe(false)
  })

  test('any text comes out as it went in', async () => {
    const texts = fc.string({ unit: 'binary', maxLength: 200 }).map((text) => text.replaceAll('\0', ''))
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        await motion('event_start', `file=${text}`)
        expect(lastLine().file).toBe(text)
      }),
      { numRuns: 25 },
    )
  })
})

test('what makes JSON is the same in both', () => {
  const [motion, zoneminder] = [MOTION, ZONEMINDER].map(
    (path) => /^# >>>[^\n]*\n(.*)^# <<<$/ms.exec(readFileSync(path, 'utf8'))?.[1],
  )
  expect(motion).toContain('to_json() {')
  expect(motion).toBe(zoneminder)
})

test.skipIf(!onPath('shellcheck'))('shellcheck has nothing to say', () => {
  expect(execFileSync('shellcheck', [MOTION, ZONEMINDER], { encoding: 'utf8' })).toBe('')
})

/** As the database answers: columns in their order, in hexadecimal digits. */
const KEYS = [
  'EI',
  'MI',
  'MN',
  'EN',
  'EC',
  'ED',
  'ET',
  'start',
  'end',
  'EL',
  'EF',
  'EFA',
  'EST',
  'ESA',
  'ESM',
]
const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase()
function row(values: Record<string, string>): string {
  const all: Record<string, string> = { EI: '7', MI: '4', MN: 'gate', ...values }
  return KEYS.map((key) => (all[key] === undefined ? 'NULL' : hex(all[key]))).join('\t')
}

/** With a client in place of `mysql` that answers with these rows, or fails. The real one is asked in test/real. */
async function zoneminder(shell: string, rows: readonly string[] | undefined, ...args: string[]) {
  const client = join(folder, 'mysql')
  const answer = join(folder, 'answer')
  writeFileSync(answer, (rows ?? []).map((text) => `${text}\n`).join(''))
  writeFileSync(client, `#!/bin/sh\ncat >/dev/null\n${rows === undefined ? 'exit 1' : `cat '${answer}'`}\n`)
  chmodSync(client, 0o755)
  const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), ZM_CONF: '/dev/null' }
  await run(shell, [ZONEMINDER, log, ...args], { env })
}
