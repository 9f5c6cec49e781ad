import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { convert } from '../../src/cli/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import { eventOf, KINDS, kind, servedAt, stream } from '../../src/connectors/motion/events.ts'
import motion from '../../src/connectors/motion/index.ts'
import rules from '../../src/connectors/motion/mapping.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Json } from '../../src/types.ts'
import { invoke } from '../cli/invoke.ts'
import { type Altered, altered } from './alter.ts'

const fixtures = new URL('../../src/connectors/motion/fixtures/', import.meta.url)
const corpus = new URL('../../../shared/corpus/motion/events-4.5.1-bookworm.jsonl', import.meta.url)
const page = readFileSync(new URL('../README.md', fixtures), 'utf8').replaceAll(/ {2,}/g, ' ')

const folder = mkdtempSync(join(tmpdir(), 'motion-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Message {
  ID: string
  CreateTime: string
  StartTime?: string
  EndTime?: string
  Category: string[]
  Priority: string
  Description: string
  CorrelID?: string[]
  Sensor?: [{ IP?: string }]
  Attachment?: { Name: string; FileName?: string; Content?: string; Note?: string; ExternalURI?: string[] }[]
}

const defaults = motion.options.parse({ timezone: 'Europe/Paris' })

/** Converts lines one by one: a message, nothing where the filter says no, an error where it is rejected. */
function conversion(options: object = {}, version: Version = '2.D.V08') {
  const take = converter(rules, { version, options: { ...defaults, ...options }, name: 'Motion' })
  return (line: string | object) =>
    take(typeof line === 'string' ? line : JSON.stringify(line)) as Message | undefined
}

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`${name}/input.json`, fixtures), 'utf8'))
const start = fixture('event-start')

describe('what a line says', () => {
  test.each([
    ['picture_save', '1', '/m/a-snapshot.jpg', 'picture_save'],
    ['picture_save', '2', '/m/a.jpg', 'snapshot'],
    ['picture_save', undefined, '/m/01-20261122042630-snapshot.jpg', 'snapshot'],
    ['picture_save', '', '/m/snapshot/a.jpg', 'picture_save'],
    ['movie_end', '32', '/m/a.avi', 'timelapse'],
    ['movie_end', undefined, '/m/20261122-timelapse.avi', 'timelapse'],
    ['movie_start', '8', '/m/a.mkv', 'movie_start'],
    ['event_start', '2', '/m/a-snapshot.jpg', 'event_start'],
    [undefined, '2', 7, undefined],
  ])('%s of type %s with %s is %s', (event, type, file, expected) => {
    expect(kind(event, type, file)).toBe(expected)
  })

  test('belongs to its event: by the first frame, else by number and day', () => {
    expect(eventOf('event_end', '2026-11-22T04:26:25+0100', '01', 'x')).toBe('2026-11-22T04:26:25+0100')
    expect(eventOf('event_end', '', '01', '2026-11-22 04:26:33')).toBe('01 of 2026-11-22')
    expect(eventOf('camera_lost', 'x', '01', '2026-11-22 04:26:33')).toBeUndefined()
    expect(eventOf('event_end', '', '', '2026-11-22 04:26:33')).toBeUndefined()
    expect(eventOf('toString', 'x', '1', '2')).toBeUndefined()
  })

  test('is told where it is served, if it lies in the directory', () => {
    const served = (file: unknown) => servedAt(file, '/var/lib/motion/', 'https://a.example/m/')
    expect(served('/var/lib/motion/a b/é#.jpg')).toBe('https://a.example/m/a%20b/%C3%A9%23.jpg')
    expect(served('cam/1.jpg')).toBe('https://a.example/m/cam/1.jpg')
    for (const odd of [
      '/var/lib/motion',
      '/var/lib/motion/../x',
      '/etc/passwd',
      '/var/lib/motion-2/a',
      7,
      null,
    ])
      expect(served(odd)).toBeUndefined()
    expect(servedAt('/a/b', undefined, 'https://a')).toBeUndefined()
  })

  test('has the live stream where there is one', () => {
    expect(stream('2001:db8::1', 8081, '1')).toBe('http://[2001:db8::1]:8081/1/stream')
    expect(stream('192.0.2.1', 8081, '1/../x')).toBe('http://192.0.2.1:8081/1%2F..%2Fx/stream')
    for (const port of [0, undefined, '8081']) expect(stream('192.0.2.1', port, '1')).toBeUndefined()
  })
})

describe('messages of one event', () => {
  const names = ['event_start', 'movie_start', 'picture_save', 'movie_end', 'event_end']
  const of = (more: object) =>
    names.map((event_name) => conversion()({ ...start, event_name, file: '/m/1.jpg', ...more }))

  test('have an ID each and one CorrelID', () => {
    const messages = of({})
    expect(new Set(messages.map((message) => message?.ID)).size).toBe(names.length)
    expect(new Set(messages.map((message) => String(message?.CorrelID))).size).toBe(1)
  })

  test.each([
    ['camera', { camera_id: '2' }],
    ['host', { host: 'nvr02' }],
    ['event', { event: '2026-11-22T04:26:38+0100' }],
  ])('have another one for another %s', (_, other) => {
    const [one, two] = [of({}), of(other)]
    expect(one[0]?.CorrelID).not.toEqual(two[0]?.CorrelID)
    expect(new Set(two.map((message) => String(message?.CorrelID))).size).toBe(1)
  })

  test('say when it began and when it was over', () => {
    const message = conversion()({ ...start, event_name: 'event_end', date: '2026-11-22T04:27:00+0100' })
    expect(message).toMatchObject({
      CreateTime: '2026-11-22T04:27:00+01:00',
      StartTime: '2026-11-22T04:26:25+01:00',
      EndTime: '2026-11-22T04:27:00+01:00',
    })
    const usual = conversion()({ ...start, event_name: 'event_end', event: '20261122042625' })
    expect(usual?.StartTime).toBeUndefined()
  })
})

describe('times without a zone', () => {
  const line = { ...start, date: '2026-03-29 03:30:00', event: undefined }

  test('are in the zone that is configured', () => {
    expect(conversion()(line)?.CreateTime).toBe('2026-03-29T03:30:00+02:00')
    expect(conversion({ timezone: 'America/New_York' })(line)?.CreateTime).toBe('2026-03-29T03:30:00-04:00')
  })

  test('that have an offset keep it', () => {
    expect(conversion()({ ...line, date: '2026-03-29T03:30:00-0930' })?.CreateTime).toBe(
      '2026-03-29T03:30:00-09:30',
    )
  })
})

describe('what is sent', () => {
  const said = (event: string, options: object = {}) => {
    const { Category, Priority } = conversion(options)({ ...start, event_name: event }) ?? {}
    return Category && [...Category, Priority].join(' ')
  }

  test('is the operator’s to say: priority, guarded cameras, events', () => {
    expect(said('event_start')).toBe('Access.Unauthorized Medium')
    expect(said('event_start', { priority: 'low' })).toBe('Access.Unauthorized Low')
    expect(said('event_start', { priority: 'low', guarded: ['2', '1'] })).toBe('Access.Unauthorized High')
    expect(said('event_start', { guarded: ['Vault'], cameras: ['1:Vault'] })).toBe('Access.Unauthorized High')
    expect(said('event_end', { priority: 'high', guarded: ['1'] })).toBe('Access.Unauthorized Info')
    expect(said('motion_detected')).toBeUndefined()
    expect(said('motion_detected', { exclude_event: ['event_start'] })).toBe('Access.Unauthorized Medium')
    expect(said('event_start', { exclude_event: ['event_start'] })).toBeUndefined()
  })

  test('has the picture only where it was asked for', () => {
    const file = join(folder, '1.jpg')
    const picture = Buffer.from([0xff, 0xd8, 0xff, 0xdb, 1, 2, 3])
    writeFileSync(file, picture)
    const attachment = (options: object) =>
      conversion(options)({ ...start, event_name: 'picture_save', file })?.Attachment?.[0]
    expect(attachment({})).toEqual({ Name: 'Picture', FileName: file, ContentType: 'image/jpeg' })
    const asked = { attach: ['picture'], directory: folder }
    expect(attachment(asked)?.Content).toBe(picture.toString('base64'))
    expect(attachment({ ...asked, max_picture: 3 })?.Note).toBe('not attached: it is larger than 3 bytes')
    expect(attachment({ ...asked, directory: join(folder, 'x') })?.Content).toBeUndefined()
  })

  test('is never a film', () => {
    const options = { attach: ['picture'], directory: folder }
    const [film] =
      conversion(options)({ ...start, event_name: 'movie_end', file: join(folder, '1.jpg') })?.Attachment ??
      []
    expect(film).toEqual({ Name: 'Film', FileName: join(folder, '1.jpg'), ContentType: 'image/jpeg' })
  })
})

test('attach = picture needs a directory', () => {
  expect(motion.options.safeParse({ attach: 'picture' }).error?.issues[0]?.path).toEqual(['directory'])
  expect(motion.options.safeParse({ attach: 'picture', directory: '/m' }).success).toBe(true)
  expect(motion.options.safeParse({ cameras: 'Gate' }).success).toBe(false)
  expect(motion.options.safeParse({ url: 'cameras.example.org' }).success).toBe(false)
})

describe('a line with any field dropped or of another type', () => {
  const names = readdirSync(fixtures).filter((name) => existsSync(new URL(`${name}/input.json`, fixtures)))
  const options = {
    attach: ['picture', 'raw'],
    directory: folder,
    url: 'https://cameras.example.org/m',
    stream_port: 8081,
    exclude_event: [],
    cameras: ['1:Gate'],
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

  test.each(['event-start', 'old-picture', 'movie-end', 'camera-lost'])(
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
      fc.property(text, fc.constantFrom(...VERSIONS), (file, version) => {
        const line = `{"event_name":"picture_save", "date":"2026-11-22 04:26:25","host":"h","camera_id":"1","event_id":"01", "file":"${file}"}`
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
  const text = JSON.stringify(record).toLowerCase()
  const times = [CreateTime, StartTime, EndTime].filter(
    (time) => time !== undefined && !text.includes(time.slice(11, 19)),
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

[motionjson]
logfile=/var/log/motion/events.json

[motion]
stream_port=8081
`,
    { mode: 0o600 },
  )
  const { config, warnings } = await readConfig([file], {
    env: {},
    probes: new Map([['motion', motion.options]]),
  })
  expect(warnings).toEqual([])
  expect(config.connectors).toMatchObject([
    {
      probe: 'motion',
      instance: 'motion',
      options: { logfile: ['/var/log/motion/events.json'], stream_port: 8081 },
    },
  ])
})

test('convert ends with 0 when all was converted or filtered, and with 1 when a line was rejected', async () => {
  const file = join(folder, 'events.json')
  const lines = [start, { ...start, event_name: 'motion_detected' }].map((one) => JSON.stringify(one))
  writeFileSync(file, `${lines.join('\n')}\n`)
  expect(await invoke(convert, ['motion', file])).toMatchObject({
    code: 0,
    err: '1 converted, 1 filtered, 0 rejected\n',
  })
  writeFileSync(file, `${lines[0]}\nmotion: no\n`)
  const { code, err } = await invoke(convert, ['motion', file])
  expect(code).toBe(1)
  expect(err).toContain('1 converted, 0 filtered, 1 rejected')
})

test('the page has every event with its categories', () => {
  for (const [event, { said, terms }] of Object.entries(KINDS))
    expect(page).toContain(`| \`${event}\` | ${said} | ${terms[0]} | ${terms[1]} |`)
})

test('the page shows a line and the message it becomes', () => {
  const [, shown = ''] = page.split('<!-- example -->')
  const [record, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
    JSON.parse(json),
  )
  const expected = JSON.parse(readFileSync(new URL('event-start/expected.json', fixtures), 'utf8'))
  expect(record).toEqual(start)
  expect({ ...message, ID: '' }).toEqual({ ...expected, ID: '' })
})

test.skipIf(!existsSync(corpus))(
  'what the real Motion told is a valid message in every version, or filtered',
  () => {
    const lines = readFileSync(corpus, 'utf8').trimEnd().split('\n')
    for (const version of VERSIONS) {
      const take = conversion({}, version)
      const messages = lines.map((line) => take(line)).filter((message) => message !== undefined)
      for (const message of messages)
        expect([...validator(version)(message), ...advise(message)], version).toEqual([])
      const counts = [lines.length, messages.length, lines.length - messages.length, 0]
      expect(page).toContain(`| \`events-4.5.1-bookworm.jsonl\` | ${counts.join(' | ')} |`)
      // Eight events, one of them cut short by the loss of the camera.
      const events = messages.flatMap(({ CorrelID = [] }) => CorrelID)
      expect(new Set(events).size).toBe(8)
    }
  },
)
