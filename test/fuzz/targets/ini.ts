import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dumpConfig } from '../../../src/config/dump.ts'
import { type Ini, readIni } from '../../../src/config/ini.ts'
import { type Reading, readConfig } from '../../../src/config/read.ts'
import suricata from '../../../src/connectors/suricata/index.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'
import { scratch } from '../scratch.ts'
import type { Target } from '../target.ts'

const PROBES = new Map([['suricata', suricata.options]])
const CONTEXT = { env: { SIEM: 'siem.example.org', EMPTY: '' }, probes: PROBES }
/** Shorter ones stand in messages by chance. */
const SECRET_LENGTH = 8

const folder = scratch()
const [file, again] = [join(folder, 'a.conf'), join(folder, 'b.conf')]

export const target: Target = {
  tokens: [
    '[suricata]\n',
    '[idmefv2]\n',
    '[DEFAULT]\n',
    ' = ',
    ' : ',
    '\n  ',
    '\r',
    '\n',
    '; ',
    '# ',
    '%(',
    ')s',
    '%%',
    `$${'{SIEM}'}`,
    '$'.concat('{'),
    ':-',
    '"',
    'password = ',
    'yes',
    'off',
    '[::1]:9464',
    '10s',
    '4MiB',
    '\ufeff',
    '__proto__',
    ']',
  ],
  seeds: () => [],
  async check(input) {
    checkEntries(input.toString())
    writeFileSync(file, input, { mode: 0o600 })
    const reading = await read(file)
    if ('problems' in reading) return tellNone(input.toString(), reading.problems)
    await tellNone(input.toString(), reading.warnings)
    const dumped = dumpConfig(reading.config, PROBES)
    for (const secret of secretsIn(input.toString()))
      assert.ok(!dumped.includes(secret), 'a secret is printed')
    // What may be a secret is hidden, and can be no more than that when it is read again.
    if (dumped.includes('***')) return
    writeFileSync(again, dumped, { mode: 0o600 })
    const other = await read(again)
    if ('problems' in other) assert.fail(`what is printed is refused: ${JSON.stringify(other.problems)}`)
    assert.equal(dumpConfig(other.config, PROBES), dumped, 'what is printed reads back as something else')
  },
}

async function read(path: string): Promise<Reading | { problems: readonly Problem[] }> {
  try {
    return await readConfig([path], CONTEXT)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    assert.ok(error.problems.length > 0, 'refused without a reason')
    return error
  }
}

function checkEntries(text: string): void {
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  const found = readIni(text, 'f')
  for (const section of found.sections.values()) {
    for (const [key, { line, value }] of section) {
      const content = lines[line - 1]?.trim() ?? ''
      const split = content.search(/[=:]/)
      assert.equal(content.slice(0, split).trim().toLowerCase(), key, 'a key on another line')
      assert.equal(value.split('\n', 1)[0], content.slice(split + 1).trim(), 'another value')
    }
  }
  const told = placesIn(found)
  let isContinued = false
  for (const [index, line] of lines.entries()) {
    const content = line.trim()
    // [DEFAULT], and only that, may begin again.
    if (content === '' || /^(?:[#;]|\[DEFAULT\])/.test(content)) continue
    // Behind a line that is refused, the value before it may still be continued, as in Python.
    const what = told.get(index + 1)
    if (what !== undefined) isContinued = what === 'key' || (what === 'fault' && isContinued)
    // Of the lines before the first section only the first is told.
    else assert.ok(isContinued || told.get(0) === 'before', `line ${index + 1} is passed over`)
  }
}

/** What is told of each line: a section, a key, or a fault. */
function placesIn({ sections, headers, problems }: Ini): Map<number, string> {
  const told = new Map<number, string>()
  for (const { where, what } of problems) {
    told.set(Number(where.split(':').at(-1)), what.includes('given twice') ? 'key' : 'fault')
    if (what.startsWith('stands before')) told.set(0, 'before')
  }
  for (const line of headers.values()) told.set(line, 'section')
  for (const { line } of [...sections.values()].flatMap((section) => [...section.values()]))
    told.set(line, 'key')
  return told
}

function secretsIn(text: string): string[] {
  const entries = [...readIni(text, 'f').sections.values()].flatMap((section) => [...section])
  const secrets = entries
    .filter(([key]) => key === 'password' || key === 'proxy_password')
    .map(([, { value }]) => value)
  // What also stands elsewhere, may be told from there; what refers to something is not itself the secret.
  return secrets.filter(
    (secret) => secret.length >= SECRET_LENGTH && text.split(secret).length === 2 && !/[%$]/.test(secret),
  )
}

/** A text that our own words hold would be told without it, too. */
async function tellNone(text: string, problems: readonly Problem[]): Promise<void> {
  for (const secret of secretsIn(text)) {
    const isIn = ({ what }: Problem) => what.includes(secret)
    if (!problems.some(isIn)) continue
    writeFileSync(
      again,
      text.replace(secret, () => 'x'.repeat(secret.length)),
      { mode: 0o600 },
    )
    const other = await read(again)
    assert.ok(('problems' in other ? other.problems : other.warnings).some(isIn), 'a secret is told')
  }
}
