import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { convert } from '../../src/cli/convert.ts'
import { readConfig } from '../../src/config/read.ts'
import {
  CLASSES,
  type ClassName,
  classOf,
  ORDER,
  PREFIXES,
  WORDS,
} from '../../src/connectors/clamav/classes.ts'
import { detectionsIn } from '../../src/connectors/clamav/detections.ts'
import clamav from '../../src/connectors/clamav/index.ts'
import rules from '../../src/connectors/clamav/mapping.ts'
import { translate } from '../../src/connectors/clamav/records.ts'
import { scanTime } from '../../src/connectors/clamav/time.ts'
import { file, places, sender } from '../../src/connectors/clamav/told.ts'
import { category, cause, found, priority } from '../../src/connectors/clamav/verdict.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import type { Place } from '../../src/mapping/rules.ts'
import type { Json } from '../../src/types.ts'
import { invoke } from '../cli/invoke.ts'
import { type Altered, altered } from './alter.ts'

const fixtures = new URL('../../src/connectors/clamav/fixtures/', import.meta.url)
const corpus = new URL('../../../shared/corpus/clamav/', import.meta.url)
const page = readFileSync(new URL('../README.md', fixtures), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'clamav-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Message {
  CreateTime: string
  Category: string[]
  Priority: string
  Note: string
  AltNames: string[]
  Target: [{ IP?: string; Hostname?: string; Note?: string; Attachment?: string[] }]
  Attachment: { Name: string; FileName?: string; Hash?: string[]; Size?: number }[]
}

const defaults = clamav.options.parse({})
const text = (name: string, part = 'input.json') => readFileSync(new URL(`${name}/${part}`, fixtures), 'utf8')
const fixture = (name: string) => JSON.parse(text(name))
const placeOf = (name: string): Place => JSON.parse(text(name, 'place.json'))
const PLACE = placeOf('nested')

/** Converts records one by one: a message, nothing where the filter says no, an error where it is rejected. */
function conversion(options: object = {}, version: Version = '2.D.V08', place: Place = PLACE) {
  const setting = { version, options: { ...defaults, ...options }, name: 'ClamAV', place }
  const convert = converter(rules, setting)
  return (record: object | string) =>
    convert(typeof record === 'string' ? record : JSON.stringify(record)) as Message | undefined
}

const scan = (more: object) => ({ Magic: 'CLAMJSONv0', FileName: 'x', FileType: 'CL_TYPE_ZIP', ...more })
const alert = (Name: string, Type = 'Strong', more: object = {}) => ({ Name, Type, Depth: 0, ...more })
const namesIn = (record: object) =>
  detectionsIn(record).map(({ signature, object }) => `${signature} in ${object.path.join(' > ')}`)

describe('the class of a signature', () => {
  test.each<[name: string, expected: ClassName]>([
    ['Win.Ransomware.WannaCry-6313787-0', 'ransomware'],
    ['Win.Trojan.Locker-123', 'ransomware'],
    ['Unix.Rootkit.Diamorphine-1', 'rootkit'],
    ['Php.Webshell.C99-1', 'backdoor'],
    ['{HEX}php.c99.1.UNOFFICIAL', 'backdoor'],
    ['Win.Backdoor.Agent-1', 'backdoor'],
    ['Win.Worm.Conficker-1', 'worm'],
    ['Unix.Trojan.Mirai-5607483-0', 'botTrojan'],
    ['Unix.Malware.Gafgyt-1', 'bot'],
    ['Win.Infostealer.Agent-1', 'spyware'],
    ['Win.Coinminer.Generic-7151250-0', 'miner'],
    ['Doc.Dropper.Agent-6413000-0', 'downloader'],
    ['Win.Trojan.Downloader-1', 'downloader'],
    ['Rtf.Exploit.CVE_2017_11882-6584355-0', 'exploit'],
    ['BC.Win.Exploit.CVE_2010_0188', 'exploit'],
    ['Heuristics.Exploit.W32.MS05-002', 'exploit'],
    ['Win.Virus.Sality-1', 'virus'],
    ['Heuristics.W32.Polipos.A', 'virus'],
    ['Heuristics.Trojan.Swizzor.Gen', 'trojan'],
    ['Win.Trojan.Agent-1', 'trojan'],
    ['Win.Adware.Agent-1', 'adware'],
    ['Html.Phishing.Bank-7', 'phishing'],
    ['Sanesecurity.Phishing.Cur.1.UNOFFICIAL', 'phishing'],
    ['Sanesecurity.Spam.1.UNOFFICIAL', 'spam'],
    ['Heuristics.Phishing.Email.SpoofedDomain', 'suspectedPhishing'],
    ['Heuristics.Safebrowsing.Suspected-phishing_safebrowsing.clamav.net', 'suspectedPhishing'],
    ['Heuristics.Structured.CreditCardNumber', 'personalData'],
    ['Heuristics.OLE2.ContainsMacros.VBA', 'suspicious'],
    ['Heuristics.Zip.OverlappingFiles', 'suspicious'],
    ['BC.Heuristics.Something.New', 'suspicious'],
    ['Heuristics.Encrypted.Zip', 'unscanned'],
    ['Heuristics.Limits.Exceeded.MaxRecursion', 'unscanned'],
    ['Heuristics.Broken.Executable', 'unscanned'],
    ['PUA.Win.Adware.Agent-1', 'unwanted'],
    ['PUA.Win.Trojan.Agent-1', 'unwanted'],
    ['Weak.Html.Link-1', 'weak'],
    ['Eicar-Test-Signature', 'test'],
    ['Eicar-Signature', 'test'],
    ['Win.Test.EICAR_HDB-1', 'test'],
    ['Clamav.Test.File-6.UNOFFICIAL', 'test'],
    ['Win.Malware.Agent-1', 'malware'],
    ['YARA.Something.UNOFFICIAL', 'malware'],
    ['Html.Phishing.LocalTest-2.UNOFFICIAL', 'phishing'],
    ['Multios.Wormhole-1', 'worm'],
    ['Win.Malware.Blocker-1', 'malware'],
  ])('%s is %s', (name, expected) => {
    expect(classOf(name)).toBe(expected)
  })

  test.each(ORDER)('%s has terms of every version', (name) => {
    const { terms } = CLASSES[name]
    const signature = { botTrojan: 'Unix.Trojan.Mirai-1', malware: 'Win.Malware.Agent-1' }[name as string]
    const word = WORDS.find(([, each]) => each === name)?.[0]
      .split('|')[0]
      ?.replace(/\[.*/, '-')
    const made = signature ?? (word ? `Win.${word}` : SPECIAL[name as keyof typeof SPECIAL])
    expect(classOf(String(made))).toBe(name)
    for (const version of VERSIONS) {
      const message = conversion({}, version)(scan({ Viruses: [made] }))
      expect([...validator(version)(message), ...advise(message as object)], version).toEqual([])
      if (version !== '2.D.V07') expect(message?.Category).toEqual([terms[version < '2.D.V07' ? 0 : 1]])
    }
  })
  const SPECIAL = {
    suspectedPhishing: 'Heuristics.Phishing.Email',
    personalData: 'Heuristics.Structured.SSN',
    suspicious: 'Heuristics.PDF.X',
    unwanted: 'PUA.X',
    weak: 'Weak.X',
    unscanned: 'Heuristics.Broken.X',
    test: 'Eicar',
  }
})

describe('what was found', () => {
  test('is told once, for the innermost object that has it', () => {
    const inner = { FileName: 'c.exe', Viruses: ['A', 'A', 'B'] }
    const record = scan({
      Viruses: ['A', 'A', 'C', 'C'],
      ContainedObjects: [{ FileName: 'b.zip', Viruses: ['A'], ContainedObjects: [inner] }],
      EmbeddedObjects: [{ FileType: 'CL_TYPE_HTML', Offset: 7, Viruses: ['B'] }],
    })
    expect(namesIn(record).sort()).toEqual([
      'A in x > b.zip > c.exe',
      'B in x > (HTML)',
      'B in x > b.zip > c.exe',
      'C in x',
    ])
  })

  test('from 1.5 is what alerts: no weak indicator, none that was ignored', () => {
    const record = scan({
      Indicators: [alert('Weak.X', 'Weak'), alert('A'), alert('B', 'Strong', { Ignored: 'trusted' })],
      Alerts: [alert('A'), alert('P', 'PotentiallyUnwanted'), alert('W', 'Weak'), 'Plain', null, 7],
    })
    expect(namesIn(record)).toEqual(['A in x', 'P in x', 'Plain in x'])
    expect(detectionsIn(scan({ Indicators: [alert('A')] }))).toEqual([])
  })

  test('comes in the order of what it says', () => {
    const names = ['Eicar', 'PUA.X', 'Heuristics.Encrypted.Zip', 'Win.Trojan.X', 'Win.Ransomware.X']
    expect(detectionsIn(scan({ Viruses: names })).map(({ signature }) => signature)).toEqual([
      'Win.Ransomware.X',
      'Win.Trojan.X',
      'PUA.X',
      'Heuristics.Encrypted.Zip',
      'Eicar',
    ])
  })

  test('has an end, however deep or wide it lies', () => {
    let deep: object = { FileName: 'd', Viruses: ['A'] }
    for (let i = 0; i < 5000; i++) deep = { FileName: 'd', ContainedObjects: [deep] }
    expect(detectionsIn(scan({ ContainedObjects: [deep] }))).toEqual([])
    const ContainedObjects = Array.from({ length: 5000 }, (_, i) => ({ FileName: `f${i}`, Viruses: ['A'] }))
    const message = conversion()(scan({ ContainedObjects }))
    expect(message?.Attachment).toHaveLength(21)
    expect(message?.Target[0].Attachment).toHaveLength(21)
    expect(message?.Note).toMatch(/f19; and 4980 more; left in /)
    expect(places(scan({ FileName: 'x'.repeat(5000), Viruses: ['A'] }))).toEqual([
      `A in …${'x'.repeat(1000)} (ZIP)`,
    ])
  })

  test('decides priority, cause and category: the worst, and what comes with it no more than that', () => {
    const of = (...Viruses: string[]) => {
      const record = scan({ Viruses })
      return [priority(record), cause(record), category(record, 'V04')]
    }
    expect(of('Eicar')).toEqual(['Info', 'Normal', ['Test.Test']])
    expect(of('PUA.X', 'Eicar')).toEqual(['Low', 'Unknown', ['Other.Undetermined']])
    expect(of('Heuristics.Encrypted.Zip', 'Win.Trojan.X', 'Doc.Dropper.X', 'Eicar')).toEqual([
      'High',
      'Malicious',
      ['Malicious.Distribution', 'Malicious.System'],
    ])
    expect(of('Heuristics.Phishing.Email.X')).toEqual(['Medium', 'Malicious', ['Fraud.Phishing']])
    expect(of()).toEqual([undefined, undefined, []])
  })

  test('is not sent where only excluded signatures were found', () => {
    const excluded = ['PUA.', 'Heuristics.Enc']
    expect(found(scan({ Viruses: ['PUA.X', 'Heuristics.Encrypted.Zip'] }), excluded)).toBeUndefined()
    expect(found(scan({ Viruses: ['PUA.X', 'Win.X'] }), excluded)).toBe(true)
    expect(found(scan({ Viruses: ['PUA.X'] }), undefined)).toBe(true)
    expect(found(scan({}), undefined)).toBeUndefined()
  })

  test('survives anything', () => {
    for (const odd of [
      undefined,
      null,
      7,
      'x',
      [],
      {},
      { Viruses: 'x' },
      { Alerts: {}, ContainedObjects: [[]] },
    ])
      expect(detectionsIn(odd)).toEqual([])
  })
})

describe('a line of the log', () => {
  const of = (line: string) => translate(line, {}) as Record<string, unknown> | undefined
  const TIME = 'Sun Nov 22 03:19:03 2026'

  test('tells the whole path, whatever is in it', () => {
    expect(of(`${TIME} -> /srv/a: b FOUND/x (1).exe: Win.Trojan.X-1 FOUND`)).toEqual({
      FileName: 'x (1).exe',
      FilePath: '/srv/a: b FOUND/x (1).exe',
      Viruses: ['Win.Trojan.X-1'],
      scan: { logged: TIME },
    })
  })

  test('may tell hash and size', () => {
    const md5 = '44d88612fea8a8f36de82e1278abb02f'
    expect(of(`${TIME} -> /x: A(${md5}:68) FOUND`)).toMatchObject({ md5, FileSize: 68, Viruses: ['A'] })
    const sha = md5 + md5
    expect(of(`${TIME} -> /x: A(${sha}:68) FOUND`)).toMatchObject({ 'sha2-256': sha })
  })

  test('of syslog has its time before it', () => {
    const line = '2026-11-22T03:19:03.123456+01:00 mx clamd[812]: /x: A FOUND'
    expect(conversion({}, '2.D.V08', {})(line)?.CreateTime).toBe('2026-11-22T03:19:03.123456+01:00')
  })

  test('names who sent what is no file here, and then the host is no target', () => {
    const [target] =
      conversion({}, '2.D.V08', {})(`${TIME} -> instream(2001:db8::7@4711): A FOUND`)?.Target ?? []
    expect(target).toMatchObject({ Note: 'sent to clamd by 2001:db8::7, port 4711' })
    expect(target).not.toHaveProperty('IP')
    expect([sender('instream(local)'), sender('x'), sender(7)]).toEqual([
      'sent to clamd',
      undefined,
      undefined,
    ])
    expect([file('/a/b', 'b'), file(7, 'b'), file('/a/b', 'stream(1.2.3.4@5)')]).toEqual([
      '/a/b',
      'b',
      undefined,
    ])
  })

  test.each([
    `${TIME} -> /srv/clean.txt: OK`,
    `${TIME} -> +++ Started at ${TIME}`,
    `${TIME} -> /srv/x: Access denied. ERROR`,
    `${TIME} -> /srv/new`,
    'LibClamAV Warning: FOUND',
    '----------- SCAN SUMMARY -----------',
    ': A FOUND',
  ])('that tells something else is no record: %s', (line) => {
    expect(of(line)).toBeUndefined()
  })

  test('that is the end of a name with a line end in it is rejected, for it has no time', () => {
    expect(() => conversion({}, '2.D.V08', {})('line.txt: Win.Trojan.X-1 FOUND')).toThrow(
      'nothing usable for CreateTime',
    )
  })
})

describe('the time of a scan', () => {
  const began = '2026-07-22 12:00:00'
  /** So many seconds after it began, by a clock with this offset. */
  const ending = (seconds: number, offset: string) =>
    Date.parse(`2026-07-22T12:00:00${offset}`) + seconds * 1000
  const local = scanTime({ began }, 'local')

  test('is that of its folder, in the zone of this host where the file says nothing against it', () => {
    const here = Date.parse(String(local))
    for (const seconds of [-0.5, 0, 1, 300, 590])
      expect(scanTime({ began, ended: here + seconds * 1000 }, 'auto')).toBe(local)
  })

  test('has the offset of another zone, where the file proves it', () => {
    for (const offset of ['+05:45', '-09:30', '+13:00'])
      expect(scanTime({ began, ended: ending(4, offset) }, 'auto')).toBe(`2026-07-22T12:00:00${offset}`)
  })

  test('is not moved by a copy, which is younger', () => {
    for (const seconds of [3 * 86_400, 20 * 3600, 4 * 60 + 20])
      expect(scanTime({ began, ended: ending(seconds, '-11:00') }, 'auto')).toBe(local)
  })

  test('is exact in the hour that comes twice', () => {
    const twice = { began: '2026-10-25 02:30:00', ended: Date.parse('2026-10-25T01:30:01Z') }
    expect(scanTime(twice, 'auto')).toBe('2026-10-25T02:30:00+01:00')
  })

  test('is what the operator says', () => {
    expect(scanTime({ began, ended: ending(4, '+05:45') }, 'America/New_York')).toBe(
      '2026-07-22T12:00:00-04:00',
    )
    expect(scanTime({ logged: 'Wed Jul 22 12:00:00 2026' }, '+02:00')).toBe('2026-07-22T12:00:00+02:00')
  })

  test('is that of the file where the folder has none, and nothing where there is none', () => {
    expect(scanTime({ ended: 1_784_714_400_250 }, 'auto')).toBe('2026-07-22T10:00:00.250Z')
    for (const odd of [undefined, null, {}, 7, { began: 'x' }, { logged: 'x' }, { ended: 'x' }])
      expect(scanTime(odd, 'auto')).toBeUndefined()
  })
})

describe('convert takes a document as it lies there', () => {
  function laid(name: string, content: string | Buffer): string {
    const path = join(folder, `20260722_090807-${name}.0123456789`)
    mkdirSync(path)
    writeFileSync(join(path, 'metadata.json'), content)
    return join(path, 'metadata.json')
  }

  test('over many lines, with the time of its folder', async () => {
    const path = laid('a.zip', JSON.stringify(fixture('nested'), null, 2))
    const { code, out, err } = await invoke(convert, ['clamav', path])
    expect([code, err]).toEqual([0, '1 converted, 0 filtered, 0 rejected\n'])
    expect(JSON.parse(out).CreateTime).toContain('2026-07-22T09:08:07')
  })

  test('clean, broken, and with a name that is no UTF-8', async () => {
    const pretty = JSON.stringify(fixture('nested'), null, 2)
    const run = async (path: string) => {
      const { code, err } = await invoke(convert, ['clamav', path])
      return [code, err.split('\n').at(-2)]
    }
    expect(await run(laid('clean', JSON.stringify(fixture('clean'), null, 2)))).toEqual([
      0,
      '0 converted, 1 filtered, 0 rejected',
    ])
    expect(await run(laid('latin', Buffer.from(pretty.replaceAll('nested', 'caf\xe9'), 'latin1')))).toEqual([
      0,
      '1 converted, 0 filtered, 0 rejected, 1 with invalid UTF-8 replaced',
    ])
    const [code] = await run(laid('half', pretty.slice(0, -20)))
    expect(code).toBe(1)
  })

  test('without a name that tells, the time of the file counts', async () => {
    const path = join(folder, 'metadata.json')
    writeFileSync(path, JSON.stringify(fixture('nested'), null, 2))
    utimesSync(path, 1_784_714_400, 1_784_714_400)
    const { out } = await invoke(convert, ['clamav', path])
    expect(JSON.parse(out).CreateTime).toBe('2026-07-22T10:00:00Z')
  })
})

describe('a record with any field dropped or of another type', () => {
  const documents = ['nested', 'several', 'encrypted', 'stream', 'since-1.5', 'since-1.5-ignored']
  const known = new Map<Version, ReturnType<typeof conversion>>()

  function check({ what, record }: Altered, version: Version) {
    const convert = known.get(version) ?? conversion({}, version)
    known.set(version, convert)
    const message = messageOf(convert, Object(record))
    if (message === undefined) return
    const faults = [...validator(version)(message), ...advise(message), ...inventions(message, record)]
    if (faults.length > 0) expect(faults, what).toEqual([])
  }

  test.each(['nested', 'since-1.5', 'stream'])(
    'is a valid message or none, with nothing invented: every alteration of %s',
    (name) => {
      for (const one of altered(fixture(name))) check(one, '2.D.V08')
    },
  )

  test('is a valid message or none, with nothing invented: any alteration of any record, in any version', () => {
    const alterations = new Map(documents.map((name) => [name, [...altered(fixture(name))]]))
    const pick = fc
      .constantFrom(...documents)
      .chain((name) => fc.constantFrom(...(alterations.get(name) ?? [])))
    fc.assert(fc.property(pick, fc.constantFrom(...VERSIONS), check), { numRuns: 3000 })
  })

  test('a line of any text is a valid message, none, or rejected for want of a time', () => {
    const convert = conversion({}, '2.D.V08', {})
    const part = fc.constantFrom(
      'Sun Nov 22 03:19:03 2026',
      ' -> ',
      '/x',
      ': ',
      'A.B-1',
      '(',
      ')',
      ' FOUND',
      '{',
      '\n',
    )
    const line = fc.array(fc.oneof(part, part, fc.string()), { maxLength: 10 }).map((parts) => parts.join(''))
    const isValid = validator('2.D.V08')
    fc.assert(
      fc.property(line, (text) => {
        const message = messageOf(convert, text)
        if (message) expect(isValid(message)).toEqual([])
      }),
      { numRuns: 3000 },
    )
  })
})

/** Rejection is for what is no document of ClamAV, or for want of a time. */
function messageOf(convert: ReturnType<typeof conversion>, record: object | string): Message | undefined {
  try {
    return convert(record)
  } catch (error) {
    expect(String(error)).toMatch(/nothing usable for CreateTime|Magic|invalid_json/)
    return undefined
  }
}

/** Hashes, sizes and times of a message that are not in the record; the address is that of the analyzer, or none. */
function inventions({ CreateTime, Attachment, Target }: Message, record: Json): unknown[] {
  const text = JSON.stringify(record)
  const facts = Attachment.flatMap(({ Hash = [], Size }) => [
    ...Hash.map((hash) => hash.replace(/^[^:]*:/, '')),
    ...(Size === undefined ? [] : [String(Size)]),
  ])
  const address = Target[0].IP
  return [
    ...facts.filter((fact) => !text.includes(fact)),
    ...(CreateTime.startsWith('2026-07-22T09:08:07') ? [] : [CreateTime]),
    ...(address === undefined || address === '192.0.2.10' ? [] : [address]),
  ]
}

test('the configuration of the Python connector works unchanged', async () => {
  const conf = join(folder, 'python.conf')
  const text = `[logging]
level = DEBUG
[idmefv2]
url = http://127.0.0.1:9999
[clamav]
tempdir = /var/spool/clamav
`
  writeFileSync(conf, text, { mode: 0o600 })
  const probes = new Map([['clamav', clamav.options]])
  const { config, warnings } = await readConfig([conf], { env: {}, probes })
  expect(warnings).toEqual([])
  expect(config.connectors).toMatchObject([
    { probe: 'clamav', options: { filetype: 'directory', directory: '/var/spool/clamav' } },
  ])
})

describe('the page', () => {
  const squeezed = page.replaceAll(/ {2,}/g, ' ')

  test('has every class with its categories, priority and cause', () => {
    for (const { name, terms, priority, cause } of Object.values(CLASSES))
      expect(squeezed).toMatch(
        new RegExp(
          `^\\| ${name} \\| .* \\| ${terms[0]} \\| ${terms[1]} \\| ${priority} \\| ${cause} \\|$`,
          'm',
        ),
      )
    expect(PREFIXES.length).toBeGreaterThan(0)
  })

  test('shows a record and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [record, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    const expected = JSON.parse(text('nested', 'expected.json'))
    expect(record).toEqual(fixture('nested'))
    expect({ ...message, ID: '' }).toEqual({ ...expected, ID: '' })
  })
})

describe.skipIf(!existsSync(corpus))('the documents and logs of the real tool', () => {
  const rows = page.replaceAll(/ {2,}/g, ' ').replaceAll('`', '')

  test.each([
    ['clamd-1.4.6-plain', 56, 3],
    ['clamd-1.4.6-allmatch', 56, 3],
    ['clamd-1.4.6-fdpass', 2, 1],
    ['clamd-1.4.6-stream', 2, 0],
  ])(
    '%s/: each document is a valid message in every version, or of a clean file',
    (name, converted, clean) => {
      const root = fileURLToPath(new URL(`${name}/`, corpus))
      const counts = { converted: 0, clean: 0 }
      for (const version of VERSIONS) {
        Object.assign(counts, { converted: 0, clean: 0 })
        const converts = conversion({}, version)
        for (const directory of readdirSync(root)) {
          const path = join(root, directory, 'metadata.json')
          const message = converts(readFileSync(path, 'utf8'))
          if (message) expect([...validator(version)(message), ...advise(message)], path).toEqual([])
          counts[message ? 'converted' : 'clean'] += 1
        }
      }
      expect(counts).toEqual({ converted, clean })
      expect(rows).toContain(`| ${name}/ | ${converted} | ${clean} | 0 |`)
    },
  )

  test('each document and its line in the log tell of the same signature', () => {
    const root = fileURLToPath(new URL('clamd-1.4.6-plain/', corpus))
    const log = readFileSync(new URL('clamdscan-plain.stdout.txt', corpus), 'utf8').split('\n')
    const told = new Map(
      log
        .map((line) => translate(line, {}) as Record<string, string[]>)
        .map((each) => [each?.FileName, each?.Viruses]),
    )
    for (const directory of readdirSync(root)) {
      const record = JSON.parse(readFileSync(join(root, directory, 'metadata.json'), 'latin1'))
      const signatures = detectionsIn(record).map(({ signature }) => signature)
      if (told.has(record.FileName)) expect(signatures).toContain(told.get(record.FileName)?.[0])
    }
    expect(told.size).toBeGreaterThan(50)
  })

  test('clamd.log-FOUND-lines.txt: all are messages, but the ends of names with a line end in them', async () => {
    const path = fileURLToPath(new URL('clamd.log-FOUND-lines.txt', corpus))
    const { code, out, err } = await invoke(convert, ['clamav', path])
    expect(code).toBe(1)
    expect(err).toContain('211 converted, 0 filtered, 3 rejected')
    expect(err.match(/missing_required/g)).toHaveLength(3)
    expect(rows).toContain(`| ${basename(path)} | 211 | 0 | 3 |`)
    for (const line of out.trimEnd().split('\n')) expect(validator('2.D.V08')(JSON.parse(line))).toEqual([])
  })

  test('a document is converted from a file or from standard input', async () => {
    const copy = join(folder, 'corpus')
    cpSync(fileURLToPath(new URL('clamd-1.4.6-fdpass/', corpus)), copy, { recursive: true })
    for (const directory of readdirSync(copy)) {
      const { code } = await invoke(convert, ['clamav', join(copy, directory, 'metadata.json')])
      expect(code).toBe(0)
    }
  })
})
