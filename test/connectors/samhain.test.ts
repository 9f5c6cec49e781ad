import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { converter, type Setting } from '../../scripts/connector/convert.ts'
import { changesIn, checksum, utc } from '../../src/connectors/samhain/changes.ts'
import samhain, { EVENTS } from '../../src/connectors/samhain/index.ts'
import { KINDS } from '../../src/connectors/samhain/kinds.ts'
import rules from '../../src/connectors/samhain/mapping.ts'
import { fieldsOf, isFilling } from '../../src/connectors/samhain/record.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { V07 } from '../../src/idmefv2/taxonomy/v07.ts'
import { timestamp } from '../../src/idmefv2/time.ts'
import { validator } from '../../src/idmefv2/validate.ts'

const folder = new URL('../../src/connectors/samhain/', import.meta.url)
const corpus = new URL('../../../shared/corpus/samhain/', import.meta.url)
const page = readFileSync(new URL('README.md', folder), 'utf8')

const DEFAULTS = samhain.options.parse({})
const plain = (parts: Partial<Setting> = {}) =>
  converter(rules, { version: '2.D.V08', name: 'Samhain', options: DEFAULTS, ...parts })

interface Message {
  Category: string[]
  Priority: string
  CreateTime: string
  StartTime?: string
  Note?: string
  Description: string
  Sensor?: [{ IP?: string; Hostname?: string }]
  Source?: [{ IP?: string; Hostname?: string }]
  Target: [{ IP?: string; Hostname?: string; Port?: number[]; User?: string; Note?: string }]
  Attachment?: [{ FileName: string; Size?: number; Hash?: string[] }]
}

const HEAD = 'CRIT   :  [2026-11-22T04:23:36+0100] '
// The shape is what the tests look for, and they fail where it is another.
const messageOf = (said: string, setting: Partial<Setting> = {}) => plain(setting)(HEAD + said) as Message

const fixtures = readdirSync(new URL('fixtures/', folder))
const fixture = (name: string, file: string) =>
  readFileSync(new URL(`fixtures/${name}/${file}`, folder), 'utf8')
const records = fixtures.map((name) => fixture(name, 'input.log').trimEnd())

describe('a record', () => {
  test('is read whole, whatever stands in its values', () => {
    const path = String.raw`/srv/<a>,\ path=</etc/passwd>\ b=<c\\`
    expect(
      fieldsOf(`${HEAD}msg=<POLICY [X] C--------->, path=<${path}>, size_old=<>, link_new=<-> , `),
    ).toEqual({
      sev: 'CRIT',
      tstamp: '2026-11-22T04:23:36+0100',
      msg: 'POLICY [X] C---------',
      path: '/srv/<a>, path=</etc/passwd> b=<c\\',
      size_old: '',
      link_new: '-',
    })
  })

  test('has a second name for what comes twice', () => {
    const fields = fieldsOf(fixture('started', 'input.log'))
    expect([fields?.path, fields?.path_data, fields?.hash_data?.length]).toEqual([
      '/etc/samhain/samhainrc',
      '/var/state/samhain/samhain_file',
      48,
    ])
  })

  test('may have blanks alone between its fields, or where it comes from in the code', () => {
    const said = 'msg=<POLICY [ServiceNew] port: 80/tcp (http)> path=</usr/sbin/x>  pid=<1> userid=<0>'
    expect(fieldsOf(`WARN   :  [2026-11-22T04:23:36+0100] (sh_x.c, 12, -1) ${said}`)).toMatchObject({
      sev: 'WARN',
      path: '/usr/sbin/x',
      pid: '1',
    })
  })

  test.each([
    [String.raw`\303\251`, 'é'],
    [String.raw`\344\270\255x\t\"\ `, '中x\t" '],
    [String.raw`\351t\351`, String.raw`\351t\351`],
    [String.raw`\\303`, String.raw`\303`],
  ])('has names without the escapes of %s', (written, meant) => {
    expect(fieldsOf(`${HEAD}msg=<Weird filename>, path=<${written}>`)?.path).toBe(meant)
  })

  test('without its end keeps what there is', () => {
    expect(fieldsOf(`${HEAD}msg=<POLICY MISSING>, path=</etc/pas`)?.path).toBe('/etc/pas')
  })

  test('inside one of a server is that of its client', () => {
    const { Sensor, Target, CreateTime } = plain()(fixture('from-client', 'input.log')) as Message
    expect(Sensor?.[0].Hostname).toBe('web-1.example.org')
    expect(Target[0].Hostname).toBe('web-1.example.org')
    expect(Target[0]).not.toHaveProperty('IP')
    expect(CreateTime).toBe('2026-11-22T04:23:35+01:00')
  })

  test('cannot be forged by a line of a log that is watched', () => {
    const text = 'x> time=<1>, host=<evil>, path=</etc/passwd>'
    const said = `msg=<POLICY [Logfile] ${text}> time=<2>, host=<web>, path=</var/log/a>`
    expect(fieldsOf(HEAD + said)).toMatchObject({ host: 'web', path: '/var/log/a', time: '2' })
  })

  test('is none where a line is a signature, the beginning or blank', () => {
    const signature = '2F9B24F5D00BF0861B36D762493B12D2F9374E320E67A9DF'
    for (const line of ['', '[SOF]', signature, `${signature}[2026-11-22T04:21:49+0100]`])
      expect(isFilling(line)).toBe(true)
    for (const line of [`${signature}x`, 'CRIT', HEAD, '[SOF] x']) expect(isFilling(line)).toBe(false)
  })
})

describe('what changed', () => {
  test('is told from and to, and only where it differs', () => {
    const owners = { owner_old: 'root', owner_new: 'root', iowner_old: '0', iowner_new: '33' }
    const modes = { mode_old: '-rw-------', mode_new: '-rw-------' }
    expect(changesIn({ sev: '', tstamp: '', ...owners, ...modes, size_old: '1', size_new: '' })).toEqual({
      changed: ['size', 'owner'],
      changes: ['size 1 to none', 'owner root (0) to root (33)'],
    })
  })

  test('is all of a file that is new', () => {
    const { changed, changes } = changesIn({
      sev: '',
      tstamp: '',
      mode_new: '-rw-------',
      inode_new: '7',
      size_old: '0',
      size_new: '2',
    })
    expect(changed).toEqual([])
    expect(changes).toEqual(['size 2', 'mode -rw-------', 'inode 7'])
  })

  test.each([
    ['0'.repeat(48), undefined],
    ['A'.repeat(48), `tiger:${'a'.repeat(48)}`],
    [`${'A'.repeat(40)}00000000`, `sha-1:${'a'.repeat(40)}`],
    [`${'A'.repeat(32)}${'0'.repeat(16)}`, `md5:${'a'.repeat(32)}`],
    ['B'.repeat(64), `sha-256:${'b'.repeat(64)}`],
    ['B'.repeat(47), undefined],
    ['x', undefined],
  ])('of the checksum %s is %s', (digits, expected) => {
    expect(checksum(digits)).toBe(expected)
  })

  test('at a time of a file is in UTC', () => {
    expect(utc('[2026-11-22T03:21:58]')).toBe('2026-11-22T03:21:58Z')
    for (const odd of ['[0000-00-00T00:00:00]', '', '2026', '[2026-11-22T03:21:58+0100]'])
      expect(utc(odd)).toBeUndefined()
  })

  test('did so when its inode changed, unless the clock was turned back', () => {
    const at = (ctime: string) => messageOf(`msg=<POLICY [X] C--------->, path=</x>, ctime_new=<[${ctime}]>`)
    expect(at('2026-11-22T03:23:36').StartTime).toBe('2026-11-22T03:23:36Z')
    expect(at('2026-11-22T03:23:37')).not.toHaveProperty('StartTime')
  })

  test('to a set-user-ID program is more than a change, unless it was one before, or is a folder', () => {
    const gained = (before: string, after: string) =>
      messageOf(`msg=<POLICY [X] -----M---->, path=</x>, mode_old=<${before}>, mode_new=<${after}>`).Category
    expect(gained('-rwxr-xr-x', '-rwsr-xr-x')).toEqual(['Access.Backdoor'])
    expect(gained('-rwxr-xr-x', '-rwxr-sr-x')).toEqual(['Access.Backdoor'])
    expect(gained('-rwsr-xr-x', '-rwsr-x---')).toEqual(['Sabotage.Data'])
    expect(gained('drwxr-xr-x', 'drwxrwsr-x')).toEqual(['Sabotage.Data'])
  })
})

describe('an event', () => {
  test.each([
    ['POLICY [Process] Hidden pid: 7 tests: kg', 'Malware.Rootkit'],
    ['POLICY [Kernel] IDT interrupt 128', 'Malware.Rootkit'],
    ['POLICY [ServiceNew] port: 127.0.0.1:8080/tcp (http-alt)', 'Access.Backdoor'],
    ['POLICY [ServiceMissing] port: 22/tcp (ssh)', 'Availability.Outage'],
    ['POLICY [Mounts] Mount missing', 'Availability.Misconfiguration'],
    ['POLICY [RegistryKeyNew] x', 'Other.Uncategorised'],
    ['POLICY NODIRECTORY', 'Sabotage.Data'],
    ['PANIC - File modified', 'Sabotage.Data'],
    ['PANIC Error initializing the application', 'Availability.Outage'],
    ['Login at disallowed time', 'Other.Undetermined'],
    ['Connection timeout', 'Availability.Failure'],
  ])('%s is %s', (msg, category) => {
    expect(messageOf(`msg=<${msg}>`).Category).toEqual([category])
  })

  test('of a service has its port', () => {
    const { Target } = messageOf('msg=<POLICY [ServiceNew] port: 8080/tcp (http-alt)>')
    expect(Target[0]).toMatchObject({ Port: [8080], Service: 'http-alt' })
  })

  test('of a login has who and from where', () => {
    const { Source, Target } = plain()(fixture('login', 'input.log')) as Message
    expect(Source?.[0]).toMatchObject({ IP: '203.0.113.5', Hostname: 'laptop.example.org' })
    expect(Target[0].User).toBe('alice')
  })

  test('of each kind can be excluded', () => {
    expect(new Set(KINDS.map(({ name }) => name))).toEqual(new Set(EVENTS))
  })

  test('of each kind has categories that every version knows', () => {
    for (const { old, current } of KINDS) {
      expect(old.length * current.length).toBeGreaterThan(0)
      for (const word of current) expect(V07.Category).toContain(word)
    }
    for (const version of VERSIONS) expect(() => plain({ version })).not.toThrow()
  })
})

describe('which records are sent', () => {
  const sent = (record: string, options: object = {}) =>
    plain({ options: { ...DEFAULTS, ...options } })(record) !== undefined
  const at = (sev: string, msg: string) => `${sev}  :  [2026-11-22T04:23:36+0100] msg=<${msg}>`

  test('not those about its own work, unless they are asked for', () => {
    for (const record of [
      at('ALERT', 'START'),
      at('MARK', 'File check completed.'),
      at('INFO', 'd:   2, -:   3'),
    ])
      expect([sent(record), sent(record, { status: true })]).toEqual([false, true])
    expect(sent(at('MARK', '---- TIMESTAMP ----'))).toBe(false)
    expect(sent(at('INFO', 'Check failed'))).toBe(false)
    expect(sent(at('ERROR', 'Check failed'))).toBe(true)
    expect(sent(fixture('checked', 'input.log'))).toBe(false)
    expect(sent(fixture('stopped', 'input.log'))).toBe(true)
  })

  test('by severity, in the order that Samhain has them', () => {
    const order = ['DEBUG', 'INFO', 'NOTICE', 'WARN', 'MARK', 'ERROR', 'CRIT', 'ALERT']
    const passed = order.filter((sev) => sent(at(sev, 'POLICY MISSING'), { minimum_severity: 'error' }))
    expect(passed).toEqual(['ERROR', 'CRIT', 'ALERT'])
    expect(sent(at('???', 'POLICY MISSING'), { minimum_severity: 'alert' })).toBe(true)
  })
})

// Damage: text with anything cut out, doubled or replaced.

const damaged = fc
  .tuple(
    fc.constantFrom(...records),
    fc.nat(),
    fc.nat(40),
    fc.constantFrom('', '<', '>', '>, x=<', '\\', '\\3', 'é\u0000', '[', '=', '] '),
  )
  .map(([record, at, length, by]) => {
    const from = at % (record.length + 1)
    return record.slice(0, from) + by + record.slice(from + length)
  })

describe('a record with any part of it cut out or replaced', () => {
  test.each(VERSIONS)('gives a valid message of %s or none, and no time that it does not say', (version) => {
    const convert = plain({ version })
    const faults = validator(version)
    fc.assert(
      fc.property(damaged, (record) => {
        const message = attempt(() => convert(record))
        if (message === undefined) return
        expect([...faults(message), ...advise(message)]).toEqual([])
        const { CreateTime, Source = [] } = message as Message
        if (/\]\s/.test(record) && /[+-]\d{4}\]/.test(record))
          expect([...record.matchAll(/\[([^\]]*)\]/g)].map(([, time = '']) => timestamp(time))).toContain(
            CreateTime,
          )
        for (const { IP } of Source as { IP?: string }[]) if (IP) expect(record).toContain(IP)
      }),
      { numRuns: 500 },
    )
  })
})

/** A line that is no record any more, or has no time, is rejected with that reason; there is no other. */
function attempt(convert: () => unknown): unknown {
  try {
    return convert()
  } catch (error) {
    expect(String(error)).toMatch(/invalid_json: neither a record|missing_required: .* CreateTime/)
    return undefined
  }
}

const COUNTS: readonly (readonly [file: string, sent: number, status: number, filling: number])[] = [
  ['01-init', 3, 32, 37],
  ['02-check', 50, 66, 120],
  ['03-before-rotate', 114, 169, 289],
  ['05-after-rotate', 7, 47, 54],
]

describe.skipIf(!existsSync(corpus))('the logs of the real tool', () => {
  const text = (name: string) => {
    const file = readdirSync(corpus).find((each) => each.endsWith(`.${name}.log`)) ?? ''
    return readFileSync(new URL(file, corpus), 'utf8').trimEnd().split('\n')
  }

  test.each(COUNTS)(
    '%s: %i sent, %i filtered as status, %i lines of filling, none rejected',
    (name, ...counts) => {
      const lines = text(name)
      const others = lines.filter((line) => !isFilling(line))
      for (const version of VERSIONS) {
        const convert = plain({ version })
        const messages = others.map(convert).filter((message) => message !== undefined)
        expect([messages.length, others.length - messages.length, lines.length - others.length]).toEqual(
          counts,
        )
        for (const message of messages)
          expect([...validator(version)(message), ...advise(message)]).toEqual([])
      }
    },
  )
})

describe('the page', () => {
  test('has every kind of event with its categories', () => {
    const rows = KINDS.map(
      ({ name, old, current, cause, data }) =>
        `| \`${name}\` | ${old.join(', ')} | ${current.join(', ')} | ${cause} | ${data} |`,
    )
    for (const row of rows) expect(page).toContain(row)
  })

  test('has the counts', () => {
    for (const [file, ...counts] of COUNTS) expect(page).toContain(`| ${[file, ...counts].join(' | ')} |`)
  })

  test('shows a record and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [record, message] = [...shown.matchAll(/```(?:json)?\n([\s\S]*?)\n```/g)].map(
      ([, body = '']) => body,
    )
    expect(record).toBe(fixture('modified', 'input.log').trimEnd())
    expect(JSON.parse(message ?? '')).toEqual(JSON.parse(fixture('modified', 'expected.json')))
  })
})
