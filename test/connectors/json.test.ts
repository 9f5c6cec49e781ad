import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, test } from 'vitest'
import { converter } from '../../scripts/connector/convert.ts'
import { convert } from '../../src/cli/convert.ts'
import { common } from '../../src/config/options.ts'
import { readConfig } from '../../src/config/read.ts'
import json from '../../src/connectors/json/index.ts'
import { newRecords } from '../../src/connectors/json/look.ts'
import rulesFor from '../../src/connectors/json/mapping.ts'
import { isPath, namesAt, recordsAt } from '../../src/connectors/json/records.ts'
import { ConfigError } from '../../src/errors.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { VERSIONS } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { applyDocument } from '../../src/mapping/file.ts'
import { prepareConnectors } from '../../src/setup.ts'
import { Checkpoints } from '../../src/state/checkpoint.ts'
import { invoke } from '../cli/invoke.ts'
import { Receiver } from '../delivery/receiver.ts'
import { until } from '../e2e/wait.ts'
import { consume, folder, silent } from '../sources/consumer.ts'
import { polling } from '../sources/poller.ts'
import { altered } from './alter.ts'

const root = new URL('../../', import.meta.url)
const own = new URL('src/connectors/json/', root)
const page = readFileSync(new URL('README.md', own), 'utf8')
const fixture = (name: string, file: string) => readFileSync(new URL(`fixtures/${name}/${file}`, own), 'utf8')
const ALERT = fixture('falco', 'input.json').trimEnd()

const scratch = mkdtempSync(join(tmpdir(), 'idmefv2-json-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const saved = (name: string, text: string) => {
  const file = join(scratch, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

/** The block of a page between two comments. */
function blockOf(name: string): string {
  const [, block = ''] = new RegExp(`<!-- ${name} -->\\n\`\`\`json\\n([\\s\\S]*?)\\n\`\`\``).exec(page) ?? []
  return block
}

describe('where records are', () => {
  test.each([
    ['$.data.alerts', { data: { alerts: [{ a: 1 }, { a: 2 }] } }, [{ a: 1 }, { a: 2 }]],
    ['$.data.alerts', { data: { alerts: null } }, []],
    ['$.data.alerts', { data: {} }, undefined],
    ['$.data', { data: { a: 1 } }, [{ a: 1 }]],
    ['$.hits[*]._source', { hits: [{ _source: 1 }, {}, { _source: 2 }] }, [1, 2]],
    ['$', [{ a: 1 }], [{ a: 1 }]],
    ['$.a', 'text', undefined],
  ])('%s in %j is %j', (path, document, expected) => {
    expect(recordsAt(path)(document)).toEqual(expected)
  })

  test('is told by a path, and nothing else', () => {
    expect(['$', '$.a', "$['a b'][0]", '$..x'].every(isPath)).toBe(true)
    expect(['', 'a', '$.a[', '$.a[?(@.x || 1)]'].some(isPath)).toBe(false)
  })
})

describe('what names a record', () => {
  test('is all that the paths find, in their order', () => {
    const names = namesAt(['$.id', '$.at.time', '$.tags'])
    expect(names({ tags: ['a'], id: 7, at: { time: 't' } })).toEqual(['7', 't', '["a"]'])
    expect(names({ id: 7, tags: [] })).toBeUndefined()
    expect(names('text')).toBeUndefined()
  })

  test('makes the ID, and where nothing does a record that was asked for is named by all it holds', () => {
    const idOf = (options: object, record: object) => {
      const rules = applyDocument(rulesFor({ ...options }), fixture('whole-mapping', 'mapping.json'))
      const message = converter(rules, { version: '2.D.V08', options: {}, name: 'x' })(JSON.stringify(record))
      return (message as { ID: string }).ID
    }
    const record = { id: 1, when: '2026-11-22 10:00:00', what: 'x' }
    const named = { identity: ['$.id'] }
    expect(idOf(named, record)).toBe(idOf(named, { ...record, what: 'y' }))
    expect(idOf(named, record)).not.toBe(idOf(named, { ...record, id: 2 }))
    const asked = { filetype: 'poll' }
    expect(idOf(asked, record)).toBe(idOf(asked, record))
    expect(idOf(asked, record)).not.toBe(idOf(asked, { ...record, what: 'y' }))
  })
})

describe('a tool that is asked', () => {
  const answering = async (answer: () => unknown) => {
    const tool = new Receiver()
    tool.reply = (_, response) => response.writeHead(200).end(JSON.stringify(answer()))
    await tool.listen()
    return { tool, url: `http://127.0.0.1:${tool.port}/alerts?limit=9` }
  }

  test('gives each record once, however often and in what order it is answered', async () => {
    let alerts = [{ id: 1 }, { id: 2 }, { id: 2, seen: 'twice' }]
    const { tool, url } = await answering(() => ({ data: alerts }))
    const look = newRecords({ records: '$.data', identity: ['$.id'], headers: { 'x-api-key': 'k' } })
    const { run, found } = polling({ url, look })
    await run.until(2)
    alerts = [{ id: 3 }, ...alerts.toReversed()]
    await run.until(3)
    expect(found()).toEqual([{ id: 1 }, { id: 2, seen: 'twice' }, { id: 3 }])
    expect(tool.received[0]).toMatchObject({ path: '/alerts?limit=9', method: 'GET' })
    expect(tool.received[0]?.headers['x-api-key']).toBe('k')
    await run.stop()
    await tool.close()
  })

  test('whose answer has no records where they should be is told of, and asked again', async () => {
    let answer: unknown = { error: 'busy' }
    const { tool, url } = await answering(() => answer)
    const { run, told, faults } = polling({ url, look: newRecords({ records: '$.data' }) })
    await until('the trouble', () => told(40).length > 0)
    expect(told(40)[0]?.msg).toContain('its answer has nothing at $.data: check records')
    expect(faults()).toContain('malformed')
    answer = { data: { only: 1 } }
    await run.until(1)
    await run.stop()
    await tool.close()
  })

  test('with start = end is asked first what there is already', async () => {
    let alerts = [{ id: 1 }]
    const { tool, url } = await answering(() => alerts)
    const { run, found, faults } = polling({ url, look: newRecords({}), options: { start: 'now' } })
    await until('two looks', () => faults().length > 1)
    alerts = [{ id: 1 }, { id: 2 }]
    await run.until(1)
    expect(found()).toEqual([{ id: 2 }])
    await run.stop()
    await tool.close()
  })
})

describe('the ways in', () => {
  const open = (settings: Record<string, string>) => {
    const state = folder()
    const lines: Record<string, unknown>[] = []
    const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) })
    const checkpoints = new Checkpoints({ path: join(state, 'checkpoint'), intervalMs: 10, log: silent })
    const source = json.source(json.options.parse(settings), {
      connector: 'json:a',
      checkpoints,
      workers: 1,
      range_min: 1000,
      range_max: 100_000,
      max_line: 1024 ** 2,
      poll_interval: 10,
      once: false,
      fromStart: false,
      ledger: { directory: state, spool_max: 1024 ** 2, dead_letter_max: 1024 ** 2 },
      log,
    })
    const run = consume(source, [], true, () => checkpoints.close())
    const records = () => run.records.map(({ text }) => JSON.parse(text))
    return { run, records, lines }
  }
  const logged = (lines: Record<string, unknown>[], msg: string) =>
    until(msg, () => lines.find((line) => line.msg === msg))

  test('are a file', async () => {
    const file = join(folder(), 'events.json')
    const { run, records } = open({ filename: file, start: 'beginning' })
    appendFileSync(file, '{"n":1}\n')
    await run.until(1)
    expect(records()).toEqual([{ n: 1 }])
    await run.stop()
  })

  test('a socket', async () => {
    const path = join(folder(), 'a.sock')
    const { run, records } = open({ filetype: 'unix_stream', filename: path })
    await until('the socket', () => readdirSync(join(path, '..')).includes('a.sock'))
    connect(path).end('{"n":1}\n{"n":2}\n')
    await run.until(2)
    expect(records()).toEqual([{ n: 1 }, { n: 2 }])
    await run.stop()
  })

  test('HTTP, with envelopes taken apart', async () => {
    const settings = {
      filetype: 'http',
      listen: '127.0.0.1:0',
      path: '/x',
      sender_token: 't',
      records: '$.all',
    }
    const { run, records, lines } = open(settings)
    const { url } = await logged(lines, 'taking records')
    const post = async (body: string, token: string) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
      return (await fetch(String(url), { method: 'POST', body, headers })).status
    }
    expect(await post('{"all":[{"n":1},{"n":2}]}', 't')).toBe(204)
    expect(await post('{"all":[', 't')).toBe(400)
    expect(await post('{"all":[{"n":3}]}', 'wrong')).toBe(401)
    await run.until(2)
    expect(records()).toEqual([{ n: 1 }, { n: 2 }])
    await run.stop()
  })

  test('an address', async () => {
    const tool = await new Receiver().listen()
    tool.reply = (_, response) => response.writeHead(200).end('{"all":[{"n":1}]}')
    const url = `http://127.0.0.1:${tool.port}/`
    const { run, records } = open({
      filetype: 'poll',
      url,
      records: '$.all',
      start: 'all',
      token: 't',
      headers: 'X-Api-Key: k\n X-Other: a b',
    })
    await run.until(1)
    expect(records()).toEqual([{ n: 1 }])
    expect(tool.received[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      'x-api-key': 'k',
      'x-other': 'a b',
    })
    await run.stop()
    await tool.close()
  })
})

describe('what is wrong is told', () => {
  const problemsIn = async (section: string) => {
    const file = saved('a.conf', `[idmefv2]\nurl = http://127.0.0.1:1/\n[json:a]\n${section}\n`)
    try {
      const { config, warnings } = await readConfig([file], {
        env: {},
        probes: new Map([['json', json.options]]),
      })
      await prepareConnectors(config)
      return warnings.map(({ what }) => what)
    } catch (error) {
      if (error instanceof ConfigError) return error.problems.map(({ where, what }) => `${where}: ${what}`)
      throw error
    }
  }
  const good = saved('good.json', fixture('whole-mapping', 'mapping.json'))

  test.each([
    ['filename = x', /^\[json:a\] mapping: is required: a JSON file/],
    ['mapping = /none.json', /^\[json:a\] mapping: \/none\.json: cannot be read: no such file/],
    [`mapping = ${saved('comma.json', '{"CreateTime": "$.t",}')}`, /comma\.json: \/: not JSON: /],
    [`mapping = ${saved('list.json', '[]')}`, /list\.json: \/: a mapping is an object/],
    [
      `mapping = ${saved('bare.json', '{"$extends":true}')}`,
      /bare\.json: \/CreateTime: 2\.D\.V08 requires it/,
    ],
    [
      `mapping = ${saved('odd.json', '{"$extends":true,"CreateTime":"$.t","Targt":[]}')}`,
      /did you mean Target\?/,
    ],
    [`mapping = ${good}\nfiletype = poll`, /url: is required for filetype = poll/],
    [`mapping = ${good}\nrecords = data`, /records: expected a path such as/],
    [`mapping = ${good}\nidentity = $.a, b`, /identity: expected a path such as/],
    [
      `mapping = ${good}\nheaders = X-Api-Key\nfiletype = poll\nurl = http://127.0.0.1/`,
      /headers: is not accepted \(value not shown\)/,
    ],
    [`mapping = ${good}\nfiletype = unix_stream`, /filename: unix_stream takes the path of one socket/],
    [`mapping = ${good}\nurl = http://127.0.0.1/`, /url: is used with filetype = poll only/],
  ])('%s', async (section, expected) => {
    expect((await problemsIn(section)).join('\n')).toMatch(expected)
  })

  test('and nothing where nothing is', async () => {
    expect(await problemsIn(`mapping = ${good}\nfilename = ${join(scratch, 'x')}`)).toEqual([])
    expect(
      await problemsIn(`mapping = ${good}\nfiletype = poll\nurl = http://127.0.0.1/\ntoken = t`),
    ).toEqual([])
    expect(await problemsIn(`mapping = ${good}\nfiletype = http\nsender_token = t`)).toEqual([])
  })
})

describe('convert', () => {
  const alert = saved('alert.json', `${ALERT}\n`)
  const mapping = saved('falco.json', blockOf('mapping'))

  test('takes a mapping and options from the command line', async () => {
    const { code, out, err } = await invoke(convert, [
      'json',
      alert,
      '--mapping',
      mapping,
      '--option',
      'name=Falco',
    ])
    expect([code, err]).toEqual([0, '1 converted, 0 filtered, 0 rejected\n'])
    expect(JSON.parse(out)).toMatchObject({
      Description: 'Read sensitive file untrusted',
      Analyzer: { Name: 'Falco' },
    })
  })

  test('takes an answer apart', async () => {
    const answer = saved('answer.json', `{"data":{"alerts":[${ALERT},${ALERT}]}}`)
    const { err } = await invoke(convert, [
      'json',
      answer,
      '--mapping',
      mapping,
      '-o',
      'records=$.data.alerts',
    ])
    expect(err).toBe('2 converted, 0 filtered, 0 rejected\n')
  })

  test('takes one of several sections', async () => {
    const conf = saved(
      'two.conf',
      `[idmefv2]\nurl = http://127.0.0.1:1/\n[json:a]\nmapping = ${mapping}\nname = A\n[json:b]\nmapping = ${mapping}\nname = B\n`,
    )
    const { out } = await invoke(convert, ['json:b', alert, '-c', conf])
    expect(JSON.parse(out).Analyzer.Name).toBe('B')
    await expect(invoke(convert, ['json:c', alert, '-c', conf])).rejects.toThrow('no section [json:c]')
  })

  test.each([
    [['json', alert], /\[json\] mapping: is required/],
    [['json', alert, '--mapping', mapping, '-o', 'recods=$.a'], /did you mean records\?/],
    [['json', alert, '--mapping', mapping, '-o', 'records=a'], /--option records=a: expected a path/],
    [['json', alert, '--mapping', mapping, '-o', 'records'], /expected KEY=VALUE/],
  ])('says what is wrong with %j', async (args, expected) => {
    await expect(invoke(convert, args)).rejects.toThrow(expected)
  })
})

describe.each(readdirSync(new URL('config/mappings/', root)))('config/mappings/%s', (name) => {
  const document = readFileSync(new URL(`config/mappings/${name}`, root), 'utf8')
  const rules = applyDocument(rulesFor({}), document)
  const inputs = readdirSync(new URL('fixtures/', own))
    .filter((each) => each.startsWith(name.replace('.json', '')))
    .map((each) => fixture(each, 'input.json'))

  test.each(VERSIONS)('gives valid messages of %s, whatever field is dropped or odd', (version) => {
    const run = converter(rules, { version, options: json.options.parse({}), name: 'x' })
    const faults = validator(version)
    expect(inputs).not.toEqual([])
    for (const input of inputs) {
      for (const { what, record } of altered(JSON.parse(input))) {
        const message = attempt(() => run(JSON.stringify(record)))
        if (message !== undefined) expect([...faults(message), ...advise(message)], what).toEqual([])
      }
    }
  })
})

/** A record without a usable time is rejected with that reason; there is no other. */
function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    expect(String(error)).toMatch(/missing_required: .* CreateTime/)
    return undefined
  }
}

describe('the page', () => {
  test('shows the record, and the message that its mapping makes of it', () => {
    expect(blockOf('record')).toBe(ALERT)
    for (const version of VERSIONS) {
      const rules = applyDocument(rulesFor({}), blockOf('mapping'))
      const options = json.options.parse({ name: 'Falco' })
      const message = converter(rules, { version, options, name: 'Falco' })(ALERT)
      expect([...validator(version)(message), ...advise(message)]).toEqual([])
      if (version === common.idmefv2.parse({}).version)
        expect(JSON.parse(blockOf('message'))).toEqual(message)
    }
  })
})
