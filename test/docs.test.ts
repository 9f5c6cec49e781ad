import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { brokenExamples, configFaults, type Options } from '../scripts/docs/examples.ts'
import { completeSample, generator, type Sources } from '../scripts/docs/generate.ts'
import { brokenLinks } from '../scripts/docs/links.ts'
import { anchorsOf, blocksOf, linksOf } from '../scripts/docs/markdown.ts'
import { fill } from '../scripts/docs/markers.ts'
import { metricNames } from '../scripts/docs/metrics.ts'
import { loadSources } from '../scripts/docs/sources.ts'
import { traces } from '../scripts/docs/traces.ts'
import { dumpConfig } from '../src/config/dump.ts'
import { idmefv2 } from '../src/config/options.ts'
import { readConfig } from '../src/config/read.ts'
import { EXIT } from '../src/errors.ts'
import { DESTINATION_STATES } from '../src/metrics/metrics.ts'

const root = join(import.meta.dirname, '..')
const samples = join(root, 'config')
const sample = (name: string) => readFileSync(join(samples, name), 'utf8')

let sources: Sources
let options: Options
let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'docs-'))
  sources = await loadSources()
  options = new Map([...sources.connectors].map(([name, connector]) => [name, connector.options]))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('the documentation is as pnpm run docs makes it, and nothing in it is wrong', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/docs.ts'), '--check'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

describe('a page', () => {
  const PAGE =
    '# A `b` & [c](d.md)\n\n## Same\n## Same\n\n```sh\n# not a heading [no](link.md)\n```\n[one](x.md#y) `[two](z.md)`\n'

  test('has anchors as GitHub makes them, not from what is in a fence', () => {
    expect([...anchorsOf(PAGE)]).toEqual(['a-b--c', 'same', 'same-1'])
  })

  test('has links with their lines, not those in code', () => {
    expect(linksOf(PAGE)).toEqual([
      { target: 'd.md', line: 1 },
      { target: 'x.md#y', line: 9 },
    ])
  })

  test('has blocks with what their fence says', () => {
    expect(blocksOf('a\n```ini fragment\nb\n\nc\n```\n~~~\n```\n~~~\n')).toEqual([
      { info: 'ini fragment', body: 'b\n\nc\n', line: 2 },
      { info: '', body: '```\n', line: 7 },
    ])
  })
})

describe('generated parts', () => {
  test('are made again between their markers, and only those whose name is known', () => {
    const page = '<!-- a:b -->\nold\n<!-- /a -->\n<!-- hand -->\nkept\n<!-- /hand -->\n'
    const made = fill(page, (name, argument) => (name === 'a' ? `new ${argument} $& \n\n` : undefined))
    expect(made).toBe('<!-- a:b -->\nnew b $&\n<!-- /a -->\n<!-- hand -->\nkept\n<!-- /hand -->\n')
    expect(fill(made, () => undefined)).toBe(made)
  })

  test('are the options of a section, of the page’s own connector if none is named', () => {
    const generate = generator('src/connectors/suricata/README.md', sources)
    expect(generate('options', undefined)).toContain('| `exclude_category` |')
    expect(generate('options', 'state')).toContain('| `checkpoint_interval` | `1s` |')
    expect(() => generator('README.md', sources)('options', 'stat')).toThrow('section "stat"')
  })

  test('are the verbs, each with what it prints as its help', () => {
    const generate = generator('README.md', sources)
    for (const verb of ['run', 'convert', 'validate', 'check', 'testserver', 'list', 'demo'])
      expect(generate('verbs', undefined)).toContain(`| \`${verb}\` |`)
    const program = join(root, 'src/main.ts')
    const help = execFileSync(process.execPath, [program, 'run', '--help'], { encoding: 'utf8' })
    expect(generate('usage', 'run')).toBe(`\`\`\`text\n${help.trimEnd()}\n\`\`\``)
  })

  test('are the metrics with their labels, and every exit code', () => {
    const generate = generator('README.md', sources)
    expect(generate('metrics', undefined)).toContain(
      '| `idmefv2_bytes_lost_total` | counter | `connector`, `reason` |',
    )
    expect(generate('metrics', undefined)).toContain(
      '| `idmefv2_request_duration_seconds` | histogram | `connector` |',
    )
    const codes = generate('exit-codes', undefined)
    for (const code of Object.values(EXIT)) expect(codes).toContain(`\n| ${code} | `)
  })

  test('are links to the connectors, from wherever the page is', () => {
    expect(generator('README.md', sources)('connectors', undefined)).toContain(
      '[`suricata`](src/connectors/suricata/README.md)',
    )
    expect(generator('src/config/README.md', sources)('connectors', undefined)).toContain(
      '(../connectors/suricata/README.md)',
    )
  })
})

describe('the check', () => {
  const page = (text: string, path = 'docs/a.md') => [{ path, text }]

  test.each([
    ['a file that is not there', '[x](b.md)', 'docs/a.md:1: b.md leads to no file'],
    ['a file outside', '[x](../../b.md)', 'docs/a.md:1: ../../b.md leads to no file'],
    ['a heading that is not there', '\n# One\n[x](#two)', 'docs/a.md:3: #two leads to no heading'],
    [
      'a heading of a file without headings',
      '[x](../c.ts#one)',
      'docs/a.md:1: ../c.ts#one leads to no heading',
    ],
    ['a definition', '[x]: b.md', 'docs/a.md:1: b.md leads to no file'],
  ])('finds a link to %s', (_what, text, fault) => {
    expect(brokenLinks(page(text), ['docs/a.md', 'c.ts'])).toEqual([fault])
  })

  test('accepts links to files, folders, headings and other hosts', () => {
    const text =
      '# One\n[a](#one) [b](../c.ts) [c](../docs) [d](../) [e](https://example.org/#x) [f](mailto:a@example.org)'
    expect(brokenLinks(page(text), ['docs/a.md', 'c.ts'])).toEqual([])
  })

  test.each([
    [
      'ini',
      '[idmefv2]\nurl = http://127.0.0.1/\nlogn = x\n[suricata]\n',
      'line 3 of the configuration: [idmefv2] logn: unknown key, did you mean login?',
    ],
    ['ini', '[suricata]\n', 'url: is required'],
    ['ini fragment', '[state]\ncheckpoint_interval = soon\n', 'checkpoint_interval: expected a duration'],
    ['json', '{ "a": }', 'not JSON'],
    ['json', '{ "$extends": true, "Nothing": "$.a" }', 'does not compile for 2.D.V04'],
  ])('finds what is wrong in an example: %s %j', async (info, body, fault) => {
    const [found = ''] = await brokenExamples(page(`\`\`\`${info}\n${body}\n\`\`\`\n`), options)
    expect(found).toContain('docs/a.md:1: ')
    expect(found).toContain(fault)
  })

  test.each([
    ['ini fragment', '[suricata:dmz]\n'],
    ['ini fragment', `[idmefv2]\nlogin = a\npassword = $\{SIEM_PASSWORD}\nca = /etc/ssl/siem.pem\n`],
    ['json', '{ "$extends": true, "Note": "$.alert.rule" }'],
    ['json', '[1]'],
    ['yaml', ': : :'],
  ])('accepts an example that is right, or of another kind: %s %j', async (info, body) => {
    expect(await brokenExamples(page(`\`\`\`${info}\n${body}\n\`\`\`\n`), options)).toEqual([])
  })

  test('takes every JSON block of the page on mappings for a mapping', async () => {
    const text = '```json\n{ "Description": "$.a[" }\n```\n'
    const faults = await brokenExamples(page(text, 'src/mapping/README.md'), options)
    expect(faults.join('\n')).toContain('src/mapping/README.md:1: does not compile for 2.D.V08: /')
  })

  test('finds what a developer’s machine left behind', () => {
    const of = (text: string) => traces([{ path: 'a', text: `first\n${text}` }], ['/srv/checkout'])
    const address = ['https:/', 'registry.example.org', 'x'].join('/')
    expect(of(`see ${address}`)).toEqual([`a:2: ${address.slice(0, -2)}`])
    expect(of(['', 'home', 'alice', 'src'].join('/'))).toHaveLength(1)
    expect(of('at /srv/checkout/src')).toEqual(['a:2: /srv/checkout'])
    expect(of('see https://example.org/home/page, /var/log/suricata/eve.json and /home/a/x')).toEqual([])
  })
})

describe('the samples', () => {
  const configurations = readdirSync(samples).filter((name) => name.endsWith('.conf'))

  test('are there', () => {
    expect(configurations).toEqual([
      'concerto.conf',
      'elastalert2.conf',
      'python-suricata.conf',
      'sample.conf',
      'suricata.conf',
    ])
  })

  test.each(configurations)('%s makes a configuration without a warning', async (name) => {
    expect(await configFaults([sample(name)], options)).toEqual([])
  })

  test('the complete one shows the defaults: to uncomment them changes nothing', async () => {
    const text = completeSample(sources.connectors)
    const uncommented = text.replaceAll(/^# (\w+ = .+)$/gm, '$1')
    expect(uncommented).not.toBe(text)
    expect(await inForce(uncommented)).toBe(await inForce(text))
  })

  test('the Python one has what the Python connector ships, and none of our own options', async () => {
    expect(await inForce(sample('python-suricata.conf'))).toMatch(/^level = debug$/m)
    expect(sample('python-suricata.conf').match(/^\w+(?= =)/gm)).toEqual([
      'level',
      'url',
      'filetype',
      'filename',
    ])
  })
})

describe('the systemd unit', () => {
  const lines = sample('idmefv2-stream.service').split('\n')
  const setting = (key: string) => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1)

  test('gives more time to stop than the program takes to finish what is out', () => {
    const drainMs = idmefv2.shape.drain_timeout.parse(undefined)
    expect(Number.parseInt(setting('TimeoutStopSec') ?? '', 10) * 1000).toBeGreaterThan(drainMs)
    expect(setting('KillSignal')).toBe('SIGTERM')
  })

  test('does not start again what only the operator can mend', () => {
    expect(setting('RestartPreventExitStatus')).toBe(`${EXIT.usage} ${EXIT.config}`)
    expect(setting('SuccessExitStatus')).toBe(String(EXIT.temporary))
  })

  test('leaves what Node and the connectors need', () => {
    expect(setting('MemoryDenyWriteExecute')).toBeUndefined()
    const families = setting('RestrictAddressFamilies')?.split(' ')
    expect(families).toEqual(expect.arrayContaining(['AF_UNIX', 'AF_INET', 'AF_INET6', 'AF_NETLINK']))
    expect(setting('StateDirectory')).toBe('idmefv2-stream')
  })

  test('runs verbs that there are', () => {
    const commands = lines.flatMap((line) => /^Exec\w+=idmefv2 (\w+)/.exec(line)?.[1] ?? [])
    expect(commands).toEqual(['check', 'run', 'check'])
  })
})

describe('the alert rules', () => {
  const expressions = sample('prometheus-alerts.yml')
    .split('\n')
    .flatMap((line) => /^\s+expr: (.+)$/.exec(line)?.[1] ?? [])

  test('ask for metrics that there are', async () => {
    const names = await metricNames()
    const asked = expressions.flatMap((text) => text.match(/\b(?:idmefv2|process|nodejs)_\w+/g) ?? [])
    expect(asked.length).toBeGreaterThanOrEqual(expressions.length - 1)
    expect(asked.filter((name) => !names.has(name))).toEqual([])
  })

  test('ask for states that there are', () => {
    const asked = expressions.flatMap((text) => /state="(\w+)"/.exec(text)?.[1] ?? [])
    expect(asked).toEqual(['paused', 'down'])
    for (const state of asked) expect(DESTINATION_STATES).toContain(state)
  })
})

/** The configuration in force, as `check` shows it. */
async function inForce(text: string): Promise<string> {
  const file = join(folder, 'in-force.conf')
  writeFileSync(file, text, { mode: 0o600 })
  const { config } = await readConfig([file], { env: {}, probes: options })
  return dumpConfig(config, options)
}
