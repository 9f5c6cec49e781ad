import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { convert } from '../../src/cli/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import {
  eventId,
  identity,
  instant,
  monitorId,
  page as pageOf,
} from '../../src/connectors/zoneminder/event.ts'
import zoneminder from '../../src/connectors/zoneminder/index.ts'
import { isExcluded, KINDS, kind } from '../../src/connectors/zoneminder/kinds.ts'
import rules from '../../src/connectors/zoneminder/mapping.ts'
import { causes, objects, zones } from '../../src/connectors/zoneminder/notes.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'
import { invoke } from '../cli/invoke.ts'
import { type Altered, altered } from './alter.ts'

const fixtures = new URL('../../src/connectors/zoneminder/fixtures/', import.meta.url)
const corpus = new URL('../../../shared/corpus/zoneminder/events-1.36.33-bookworm.log', import.meta.url)
const page = readFileSync(new URL('../README.md', fixtures), 'utf8').replaceAll(/ {2,}/g, ' ')

const folder = mkdtempSync(join(tmpdir(), 'zoneminder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Message {
  ID: string
  CreateTime: string
  StartTime?: string
  EndTime?: string
  Category: string[]
  Priority: string
  Note: string
  CorrelID?: string[]
  Ref?: string[]
  Sensor?: [{ IP?: string; Name: string }]
  Attachment?: { Name: string; FileName?: string; Content?: string; Note?: string; ExternalURI?: string[] }[]
}

const defaults = zoneminder.options.parse({ timezone: 'Europe/Paris' })

/** Converts lines one by one: a message, nothing where the filter says no, an error where it is rejected. */
function conversion(options: object = {}, version: Version = '2.D.V08') {
  const take = converter(rules, { version, options: { ...defaults, ...options }, name: 'ZoneMinder' })
  return (line: string | object) =>
    take(typeof line === 'string' ? line : JSON.stringify(line)) as Message | undefined
}

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`${name}/input.json`, fixtures), 'utf8'))
const event = fixture('event')

describe('notes', () => {
  test.each([
    ['Motion', 'Motion: All, Porch', ['Motion'], 'All, Porch'],
    ['Motion', 'Motion: All\nLinked: Hall', ['Motion', 'Linked'], 'All'],
    [undefined, 'Motion: a Signal: Lost', ['Motion', 'Signal'], 'a'],
    ['Continuous', 'Motion: Zone: with, comma', ['Continuous', 'Motion'], 'Zone: with, comma'],
    ['Motion, Linked', '', ['Motion', 'Linked'], undefined],
    ['Forced Web', 'Forced Web: ', ['Forced Web'], undefined],
    [7, { a: 1 }, ['7'], undefined],
    [null, null, [], undefined],
  ])('of %j, %j have these causes and zones', (cause, notes, names, zone) => {
    expect(causes(cause, notes)).toEqual(names)
    expect(zones(cause, notes)).toBe(zone)
  })

  test.each([
    ['[a] detected:person:98%, car:76% Motion: Porch', ['person', 'car']],
    ['[s] detected:person Motion: All', ['person']],
    ['detected:alpr:AB-123-CD:91%,dog:55%', ['alpr:ab-123-cd', 'dog']],
    ['Motion: the word detected:person in a zone', []],
    ['Motion: All', []],
    [undefined, []],
  ])('%j have what was recognised', (notes, expected) => {
    expect(objects(notes)).toEqual(expected)
  })

  test.each([
    ['Signal', 'Signal: Lost', 'lost'],
    ['Signal', '', 'lost'],
    ['Motion', 'Motion: All\nSignal: Lost, Reacquired', 'lost'],
    ['Signal', 'Signal: Reacquired', 'back'],
    ['Motion', 'Motion: All\nSignal: Reacquired', 'movement'],
    ['Continuous', 'Motion: All', 'movement'],
    ['Continuous', '[a] detected:person:98%', 'detected'],
    ['Continuous', '', 'continuous'],
    ['', '', 'other'],
    ['toString', '', 'other'],
  ])('and the cause %j with %j make it %s', (cause, notes, expected) => {
    expect(kind(cause, notes)).toBe(expected)
  })

  test('exclude an event when it has no other cause', () => {
    expect(isExcluded('Continuous', '', ['Continuous'])).toBe('yes')
    expect(isExcluded('Continuous', 'Motion: All', ['Continuous'])).toBeUndefined()
    expect(isExcluded('Continuous', 'detected:person:98%', ['Continuous'])).toBeUndefined()
    expect(isExcluded('', '', ['Continuous'])).toBeUndefined()
  })
})

describe('an event', () => {
  test.each([
    ['/events/2/2026-11-22/4', '2', '4'],
    ['/events/2/4', '2', '4'],
    ['/events/2/4/', '2', '4'],
    ['/events/2/26/11/22/04/40/27', '2', undefined],
    ['/events/2', undefined, undefined],
    ['', undefined, undefined],
    [7, undefined, undefined],
  ])('in %j is of monitor %s and has the number %s', (directory, monitor, number) => {
    expect(monitorId(undefined, directory)).toBe(monitor)
    expect(eventId('', directory)).toBe(number)
    expect([monitorId('9', directory), eventId(11, directory)]).toEqual(['9', '11'])
  })

  test('begins when the database says, else at a local time', () => {
    expect(instant('1795318828', 'x', 'x')).toBe('2026-11-22T03:40:28Z')
    expect(instant('1795318828.25', '', '')).toBe('2026-11-22T03:40:28.250Z')
    for (const odd of ['', '-1', '1e9', 'NULL', '0', {}, null])
      expect(instant(odd, '2026-11-22 04:40:28', 'Europe/Paris')).toBe('2026-11-22T04:40:28+01:00')
    for (const odd of ['yesterday', '2026-02-30 00:00:00', null, 7])
      expect(instant(undefined, odd, 'UTC')).toBeUndefined()
  })

  test('has a page of its own', () => {
    expect(pageOf('https://a.example/zm/index.php?x=1', '7')).toBe(
      'https://a.example/zm/index.php?x=1&view=event&eid=7',
    )
    expect(pageOf('https://a.example/zm/', '7', 'snapshot')).toBe(
      'https://a.example/zm/?view=image&eid=7&fid=snapshot',
    )
    expect([pageOf(undefined, '7'), pageOf('https://a', undefined)]).toEqual([undefined, undefined])
  })

  test('has one ID and one CorrelID, however often ZoneMinder tells it', () => {
    const take = conversion()
    const [one, again] = [take(event), take({ ...event, ED: 'Motion: All, Gate, Porch', EFA: '60' })]
    expect([again?.ID, again?.CorrelID]).toEqual([one?.ID, one?.CorrelID])
    for (const other of [
      { EI: '7' },
      { host: 'nvr02' },
      { EDP: '/x/4/2026-11-22/6' },
      { ET: '2026-11-23 04:40:28' },
    ])
      expect(take({ ...event, ...other })?.ID).not.toBe(one?.ID)
    expect(identity({ ET: '2026-11-22 04:40:28', EDP: '' })).toBeUndefined()
    expect(identity({ EI: '7' })).toBeUndefined()
    for (const odd of [null, 7, 'x', []]) expect(identity(odd)).toBeUndefined()
  })
})

describe('what is sent', () => {
  const priority = (more: object, options: object = {}) =>
    conversion(options)({ ...event, ...more })?.Priority

  test('has the priority that the operator gave', () => {
    expect(priority({})).toBe('Medium')
    expect(priority({}, { priority: 'low' })).toBe('Low')
    expect(priority({}, { priority: 'low', guarded: ['Porch'] })).toBe('High')
    expect(priority({ MN: 'x' }, { guarded: ['4'] })).toBe('High')
    const byScore = { priority_by_score: true }
    expect(['0', '19', '20', '59', '60', '255'].map((ESM) => priority({ ESM }, byScore))).toEqual([
      'Low',
      'Low',
      'Medium',
      'Medium',
      'High',
      'High',
    ])
    for (const ESM of [undefined, '', 'x', null]) expect(priority({ ESM }, byScore)).toBe('Medium')
    expect(priority({ EC: 'Signal', ED: 'Signal: Lost' }, { priority: 'low' })).toBe('High')
  })

  test('is nothing of excluded monitors and causes', () => {
    expect(priority({}, { exclude_monitor: ['4'] })).toBeUndefined()
    expect(priority({}, { exclude_monitor: ['Porch'] })).toBeUndefined()
    expect(priority({}, { exclude_monitor: ['Hall'] })).toBe('Medium')
    expect(priority({}, { exclude_cause: ['Motion'] })).toBeUndefined()
    expect(priority({ EC: 'Continuous', ED: '' }, { exclude_cause: [] })).toBe('Info')
  })

  test('has the picture only where it was asked for, the best there is', () => {
    const EDP = join(folder, 'events/4/2026-11-22/6')
    mkdirSync(EDP, { recursive: true })
    const picture = (options: object) =>
      conversion(options)({ ...event, EDP })?.Attachment?.find(({ Name }) => Name === 'Picture')
    const asked = { attach: ['picture'], directory: join(folder, 'events') }
    expect(picture({})).toBeUndefined()
    expect(picture(asked)).toMatchObject({
      FileName: join(EDP, 'snapshot.jpg'),
      Note: 'not attached: the file is not there',
    })
    for (const name of ['00001-capture.jpg', 'alarm.jpg', 'snapshot.jpg']) {
      const bytes = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(name)])
      writeFileSync(join(EDP, name), bytes)
      expect(picture(asked)).toMatchObject({ FileName: join(EDP, name), Content: bytes.toString('base64') })
    }
    expect(picture({ ...asked, directory: join(folder, 'other') })?.Content).toBeUndefined()
    expect(picture({ url: 'https://a.example/zm/' })?.ExternalURI).toEqual([
      'https://a.example/zm/?view=image&eid=6&fid=snapshot',
    ])
  })
})

test('attach = picture needs a directory', () => {
  expect(zoneminder.options.safeParse({ attach: 'picture' }).error?.issues[0]?.path).toEqual(['directory'])
  expect(zoneminder.options.safeParse({ attach: 'picture', directory: '/e' }).success).toBe(true)
})

describe('a line with any field dropped or of another type', () => {
  const names = readdirSync(fixtures).filter((name) => existsSync(new URL(`${name}/input.json`, fixtures)))
  const options = {
    attach: ['picture', 'raw'],
    directory: folder,
    url: 'https://cameras.example.org/zm/',
    exclude_cause: [],
    priority_by_score: true,
  }
  const known = new Map<Version, ReturnType<typeof conversion>>()
  const conversions = (version: Version) => {
    const found = known.get(version) ?? conversion(options, version)
    known.set(version, found)
    return found
  }

  function check({ what, record }: Altered, version: Version) {
    const message = messageOf(conversions(version), Object(record))
    if (message === undefined) return
    const faults = [...validator(version)(message), ...advise(message), ...inventions(message, record)]
    if (faults.length > 0) expect(faults, what).toEqual([])
  }

  test.each(['event', 'old', 'recognised', 'signal-lost'])(
    'is a valid message or none, with nothing invented: every alteration of %s',
    (name) => {
      for (const one of altered(fixture(name))) check(one, '2.D.V08')
    },
  )

  test('is a valid message or none, with nothing invented: any alteration of any line, in any version', () => {
    const alterations = new Map(names.map((name) => [name, [...altered(fixture(name))]]))
    const pick = fc.constantFrom(...names).chain((name) => fc.constantFrom(...(alterations.get(name) ?? [])))
    fc.assert(fc.property(pick, fc.constantFrom(...VERSIONS), check), { numRuns: 2000 })
  })

  test('nor are texts that nobody escaped', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 }).map((one) => one.replaceAll('\n', ' '))
    fc.assert(
      fc.property(text, text, fc.constantFrom(...VERSIONS), (ED, MN, version) => {
        const line = `{"ET":"2026-11-22 04:40:27","ED":"${ED}","MN":"${MN}","EDP":"/e/1/2"}`
        const message = messageOf(conversions(version), line)
        expect(message && [...validator(version)(message), ...advise(message)]).toEqual(message && [])
      }),
    )
  })
})

/** Rejection is for want of a time, or of JSON, alone. */
function messageOf(take: ReturnType<typeof conversion>, line: object | string): Message | undefined {
  try {
    return take(line)
  } catch (error) {
    expect(String(error)).toMatch(/nothing usable for CreateTime|one JSON object|invalid_json/)
    return undefined
  }
}

/** Addresses and times of a message that are not in the line. */
function inventions({ CreateTime, StartTime, EndTime, Sensor }: Message, record: Json): unknown[] {
  const text = JSON.stringify(record)
  const times = [CreateTime, StartTime, EndTime].filter(
    (time) =>
      time !== undefined &&
      !text.includes(time.slice(11, 19)) &&
      !text.includes(String(Math.floor(Date.parse(time) / 1000))),
  )
  const addresses = (Sensor ?? []).flatMap(({ IP }) => (IP === undefined || text.includes(IP) ? [] : IP))
  return [...times, ...addresses]
}

test('the configuration of the Python connector works unchanged', async () => {
  const file = join(folder, 'python.conf')
  writeFileSync(
    file,
    `[logging]
level = DEBUG
[idmefv2]
url = http://testserver.idmefv2:9999

[zmjson]
logfile=/var/log/zmjson/events.json
`,
    { mode: 0o600 },
  )
  const probes = new Map([['zoneminder', zoneminder.options]])
  const { config, warnings } = await readConfig([file], { env: {}, probes })
  expect(warnings).toEqual([])
  expect(config.connectors).toMatchObject([
    { probe: 'zoneminder', instance: 'zoneminder', options: { logfile: ['/var/log/zmjson/events.json'] } },
  ])
})

test('convert ends with 0 when all was converted or filtered, and with 1 when a line was rejected', async () => {
  const file = join(folder, 'events.json')
  const lines = [event, fixture('continuous')].map((one) => JSON.stringify(one))
  writeFileSync(file, `${lines.join('\n')}\n`)
  const good = await invoke(convert, ['zoneminder', file])
  expect(good).toMatchObject({ code: 0, err: '1 converted, 1 filtered, 0 rejected\n' })
  writeFileSync(file, `${lines[0]}\nat line 7\n`)
  const bad = await invoke(convert, ['zoneminder', file])
  expect(bad.code).toBe(1)
  expect(bad.err).toContain('1 converted, 0 filtered, 1 rejected')
})

describe('the page', () => {
  test('has every kind of event with its categories', () => {
    for (const { said, terms } of Object.values(KINDS))
      expect(page).toContain(`| ${said} | ${terms[0]} | ${terms[1]} |`)
  })

  test('shows a line and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [record, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    const expected = JSON.parse(readFileSync(new URL('event/expected.json', fixtures), 'utf8'))
    expect(record).toEqual(event)
    expect({ ...message, ID: '' }).toEqual({ ...expected, ID: '' })
  })
})

test.skipIf(!existsSync(corpus))(
  'what the real ZoneMinder told is read, JSON or not, and valid in every version',
  () => {
    const lines = readFileSync(corpus, 'utf8').trimEnd().split('\n')
    for (const version of VERSIONS) {
      const take = conversion({}, version)
      const messages = lines.map((line) => messageOf(take, line)).filter((message) => message !== undefined)
      for (const message of messages)
        expect([...validator(version)(message), ...advise(message)], version).toEqual([])
      expect(new Set(messages.map(({ ID }) => ID)).size).toBe(messages.length)
      const torn = messages.filter(({ Note }) => Note.includes('broke off'))
      const counts = [lines.length, messages.length, 0, lines.length - messages.length]
      expect(page).toContain(`| \`events-1.36.33-bookworm.log\` | ${counts.join(' | ')} |`)
      expect(torn).toHaveLength(3)
    }
  },
)
