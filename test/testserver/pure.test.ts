import { describe, expect, test } from 'vitest'
import { isOwnHost } from '../../src/reach.ts'
import { Doorkeeper } from '../../src/receiver/doorkeeper.ts'
import { pathOf } from '../../src/receiver/head.ts'
import { readMessages } from '../../src/testserver/messages.ts'
import { acceptsJson, isJson, refuse } from '../../src/testserver/negotiate.ts'
import { Recent } from '../../src/testserver/recent.ts'
import { summarise } from '../../src/testserver/summary.ts'
import { Tally } from '../../src/testserver/tally.ts'
import { message, numbered } from './messages.fixture.ts'

describe('content type', () => {
  test.each([
    ['application/json', true],
    ['Application/JSON', true],
    ['application/json; charset=utf-8', true],
    ['application/json;charset="UTF-8"', true],
    ['application/json; version=2', true],
    ['application/json; charset=iso-8859-1', false],
    ['application/x-ndjson', false],
    ['application/idmef+json', false],
    ['text/plain', false],
    ['nonsense', false],
    ['', false],
    [undefined, false],
  ])('%s is taken: %s', (type, taken) => {
    expect(isJson(type)).toBe(taken)
  })
})

describe('accept', () => {
  test.each([
    [undefined, true],
    ['*/*', true],
    ['application/json', true],
    ['application/*;q=0.1', true],
    ['text/html, application/json;q=0.9', true],
    ['text/html, */*;q=0.01', true],
    ['APPLICATION/JSON', true],
    ['text/html', false],
    ['application/json;q=0', false],
    ['application/json;q=0.0, */*', false],
    ['application/xml', false],
  ])('%s takes JSON: %s', (accept, taken) => {
    expect(acceptsJson(accept)).toBe(taken)
  })
})

describe('host of the page', () => {
  test.each([
    ['127.0.0.1:9999', true],
    ['[::1]:9999', true],
    ['192.0.2.7', true],
    ['localhost:9999', true],
    ['LOCALHOST', true],
    ['siem.example', true],
    ['evil.example:9999', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['', false],
    [undefined, false],
  ])('%s is ours: %s', (host, ours) => {
    expect(isOwnHost(host, 'siem.example')).toBe(ours)
  })
})

describe('method and path', () => {
  const post = { 'content-type': 'application/json' }

  test.each([
    ['POST', '/', undefined, undefined],
    ['POST', '/any/where', undefined, undefined],
    ['POST', '/in', '/in', undefined],
    ['POST', '/', '/in', 405],
    ['POST', '/other', '/in', 404],
    ['GET', '/other', '/in', 404],
    ['GET', '/in', '/in', 405],
    ['GET', '/any', undefined, 405],
    ['PUT', '/', undefined, 405],
  ])('%s %s where messages go to %s: %s', (method, path, rule, status) => {
    expect(refuse({ method, path, headers: post }, { path: rule, host: '127.0.0.1' })?.status).toBe(status)
  })

  test('Allow names what the path takes', () => {
    const allow = (path: string, rule?: string) =>
      refuse({ method: 'DELETE', path, headers: {} }, { path: rule, host: 'x' })?.headers?.allow
    expect([allow('/'), allow('/x'), allow('/', '/in'), allow('/in', '/in')]).toEqual([
      'GET, HEAD, POST',
      'POST',
      'GET, HEAD',
      'POST',
    ])
  })

  test.each([
    ['/', '/'],
    ['/in?x=1', '/in'],
    ['http://host:1/in?x', '/in'],
    ['*', '*'],
  ])('%s has the path %s', (target, path) => {
    expect(pathOf(target)).toBe(path)
  })
})

describe('readMessages', () => {
  const read = (value: unknown) =>
    readMessages(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)))

  test('one valid message', () => {
    expect(read(message())).toMatchObject({ messages: [{ message: message(), version: '2.D.V08' }] })
  })

  test('an array of valid messages, each of its own version', () => {
    const older = {
      Version: '2.D.V04',
      ID: message().ID,
      CreateTime: message().CreateTime,
      Analyzer: { IP: '192.0.2.1', Name: 'x' },
    }
    const read4 = read([message(), older])
    expect(read4).toMatchObject({ messages: [{ version: '2.D.V08' }, { version: '2.D.V04' }] })
  })

  test('one bad element refuses the array, and the pointer begins with its index', () => {
    const refused = read([numbered(1), numbered(2, { Priority: 'Critical' }), numbered(3)])
    expect(refused).toMatchObject({ count: 3, faults: [{ pointer: '/1/Priority' }] })
    expect(refused).not.toHaveProperty('messages')
  })

  test.each([
    ['{"Version":', 'the body is not JSON'],
    ['', 'the body is not JSON'],
    ['{}\n{}', 'the body is not JSON'],
    ['[]', 'the array is empty'],
    ['null', 'invalid message'],
    ['"text"', 'invalid message'],
    ['[[]]', 'invalid message in the array'],
  ])('%j: %s', (body, error) => {
    expect(read(body)).toMatchObject({ error, faults: [{ reason: expect.stringMatching(/./) }] })
  })

  test('bytes that are not UTF-8 are refused, not replaced', () => {
    const body = Buffer.from(JSON.stringify(message({ Description: 'caf?' })))
    body[body.indexOf('caf?') + 3] = 0xe9
    expect(readMessages(body)).toMatchObject({ error: 'the body is not UTF-8' })
  })

  test('faults are bounded, however many elements are wrong', () => {
    const refused = read(`[${Array(100_000).fill('1').join(',')}]`)
    expect(refused).toMatchObject({ count: 100_000 })
    expect('faults' in refused && refused.faults).toHaveLength(100)
  })

  test('deep nesting is refused, not a crash', () => {
    expect(read(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toMatchObject({
      error: 'invalid message in the array',
    })
  })
})

describe('Tally', () => {
  test('an ID seen before is a duplicate in any case of its letters', () => {
    const tally = new Tally()
    expect([tally.accept('aB'), tally.accept('Ab'), tally.accept('c')]).toEqual([false, true, false])
    expect(tally.stats()).toMatchObject({ valid: 3, duplicates: 1 })
  })

  test('IDs are remembered for at least so many messages, then forgotten', () => {
    const tally = new Tally(2)
    for (const id of ['a', 'b', 'c']) tally.accept(id)
    expect(tally.accept('a')).toBe(true)
    for (const id of ['d', 'e']) tally.accept(id)
    expect(tally.accept('a')).toBe(false)
  })

  test('rates are of the last whole second and of the best', () => {
    let now = 0
    const tally = new Tally(10, () => now)
    for (let i = 0; i < 5; i++) tally.accept(`${i}`)
    expect(tally.stats()).toMatchObject({ perSecond: 0, bestSecond: 5 })
    now = 1000
    tally.accept('x')
    expect(tally.stats()).toMatchObject({ perSecond: 5, bestSecond: 5 })
    now = 5000
    expect(tally.stats()).toMatchObject({ perSecond: 0, bestSecond: 5 })
  })
})

describe('Recent', () => {
  test('shows the last hundred messages, newest first, out of single ones and arrays', () => {
    const recent = new Recent()
    for (let i = 0; i < 90; i++) recent.accept(JSON.stringify(numbered(i)))
    recent.accept(JSON.stringify(Array.from({ length: 30 }, (_, i) => numbered(90 + i))))
    const { received } = recent.view()
    expect(received.map(({ message }) => message.ID)).toEqual(
      Array.from({ length: 100 }, (_, i) => numbered(119 - i).ID),
    )
  })

  test('keeps no more text than its bound', () => {
    const recent = new Recent()
    const large = JSON.stringify({ Note: 'x'.repeat(6 * 1024 ** 2) })
    for (let i = 0; i < 5; i++) recent.accept(large)
    expect(recent.view().received).toHaveLength(2)
    recent.accept(JSON.stringify({ Note: 'x'.repeat(17 * 1024 ** 2) }))
    expect(recent.view().received).toHaveLength(0)
    recent.accept('{}')
    expect(recent.view().received).toHaveLength(1)
  })
})

describe('summarise', () => {
  test('takes what a reader wants', () => {
    expect(summarise(message())).toEqual({
      id: '01890a5d-ac96-774b-bcce-b302099a8057',
      createTime: '2026-04-26T10:00:00.123Z',
      priority: 'High',
      category: 'Recon.Network',
      description: 'ET SCAN Potential SSH Scan',
      analyzer: 'Suricata',
      source: '198.51.100.7:5353',
      target: '[2001:db8::1]:22',
    })
  })

  test('makes do with a message that has next to nothing, or more of everything', () => {
    expect(summarise({})).toMatchObject({ priority: 'Unknown', category: '', source: '', target: '' })
    expect(summarise({ Source: [{ Hostname: 'a' }, {}, {}], Target: [{}] })).toMatchObject({
      source: 'a (+2)',
      target: 'somewhere',
    })
  })
})

describe('S7: Doorkeeper', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  let now = 0
  const doorkeeper = () => new Doorkeeper({ realm: 'x', account: { login: 'a', password: 'b' } }, () => now)
  const status = (keeper: Doorkeeper, text: string, address = '192.0.2.1') =>
    keeper.bar(basic(text), address)?.status

  test.each(['', 'a', 'a:', 'a:B', 'b:a', 'a:b\n', 'a:bb', ':'])('%j is not let in', (text) => {
    expect(status(doorkeeper(), text)).toBe(401)
  })

  test.each([undefined, '', 'Bearer YTpi', 'Basic', 'Basic YTpi YTpi'])(
    'nor is %j, which is no guess',
    (header) => {
      const keeper = doorkeeper()
      expect(keeper.bar(header)?.status).toBe(401)
      expect(status(keeper, 'a:b')).toBeUndefined()
    },
  )

  test('what is wrong is told apart from what is missing', () => {
    const keeper = new Doorkeeper({ realm: 'x', account: { login: 'a', password: 'b' }, token: 't' })
    expect(keeper.bar(undefined)?.error).toBe('user name and password are asked for')
    expect(keeper.bar(basic('a:c'), '192.0.2.1')?.error).toBe('user name or password is wrong')
    expect(keeper.bar('Bearer x', '192.0.2.2')?.error).toBe('the token is wrong')
  })

  test('after a wrong guess nothing of that address is looked at for a second, of others it is', () => {
    const keeper = doorkeeper()
    expect(status(keeper, 'a:c')).toBe(401)
    now += 999
    expect([status(keeper, 'a:b'), status(keeper, 'a:c')]).toEqual([429, 429])
    expect(status(keeper, 'a:b', '192.0.2.2')).toBeUndefined()
    now += 1
    expect(status(keeper, 'a:b')).toBeUndefined()
  })

  test('remembers a bounded number of addresses', () => {
    const keeper = doorkeeper()
    for (let i = 0; i <= 10_000; i++) status(keeper, 'a:c', `${i}`)
    expect(status(keeper, 'a:b', '0')).toBeUndefined()
    expect(status(keeper, 'a:b', '1')).toBe(429)
  })
})
