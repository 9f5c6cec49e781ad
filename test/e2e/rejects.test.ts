import { expect, test } from 'vitest'
import { alert, lines, range } from './events.ts'
import { front } from './front.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

test('malformed lines cost themselves only: each is counted by reason and kept with its place', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  site.configure(oracle.url, { workers: { max_line: '64KiB' } })
  const long = `{"event_type":"alert","padding":"${'x'.repeat(100_000)}"}`
  const bad = {
    invalid_json: '{"event_type":"alert","alert":{"signature":"cut',
    line_too_long: long,
    not_an_object: '["event_type","alert"]',
    missing_required: '{"event_type":"alert","alert":{"signature":"no time"}}',
  }
  const [badUtf8, cee] = [Buffer.from(alert(7).replace(' #7', ' X #7')), `@cee: ${alert(8)}`]
  badUtf8[badUtf8.indexOf(' X #7') + 1] = 0xff
  const parts = [
    ...range(0, 3).map((number) => alert(number)),
    bad.invalid_json,
    alert(3),
    bad.line_too_long,
    alert(4),
    bad.not_an_object,
    alert(5),
    bad.missing_required,
    alert(6),
    badUtf8,
    '',
    cee,
    alert(9),
  ]
  site.append(Buffer.concat(parts.map((part) => Buffer.concat([Buffer.from(part), Buffer.from('\n')]))))
  const program = site.run()
  await oracle.arrival(0, 10)
  expect(oracle.messageOf(7)?.Description).toContain(' \ufffd #7')
  const metrics = await until('all is counted', async () => {
    const now = await program.metrics()
    return now.sum('messages_delivered_total') === 10 ? now : undefined
  })
  for (const reason of Object.keys(bad))
    expect(metrics.sum('records_rejected_total', { reason }), reason).toBe(1)
  expect(metrics.sum('records_rejected_total')).toBe(4)
  expect(metrics.sum('records_repaired_total')).toBe(1)
  expect(metrics.sum('lag_bytes')).toBe(0)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 10))).toEqual(EXACT)

  const letters = site.deadLetters
  expect(letters.map(({ reason }) => reason).sort()).toEqual(Object.keys(bad).sort())
  const bytes = Buffer.concat(parts.map((part) => Buffer.concat([Buffer.from(part), Buffer.from('\n')])))
  for (const { reason, raw, offset = -1, length, origin, connector, detail } of letters) {
    const line = bad[reason as keyof typeof bad]
    expect([connector, origin, length], reason).toEqual(['suricata', site.eve, line.length])
    expect(bytes.toString('utf8', offset, offset + length), reason).toBe(line)
    expect(line.startsWith(raw) && raw.length > 0, reason).toBe(true)
    expect(detail, reason).not.toBe('')
  }
})

test('a message that the receiver refuses is kept with the answer, and the others are delivered', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const url = await front(oracle, (number) => {
    if (number === 5) return { status: 400, text: 'no such category' }
    return number === 6 ? 413 : undefined
  })
  site.configure(url)
  site.append(lines(0, 40))
  const program = site.run()
  await until('the letters', () => site.deadLetters.length === 2)
  await until('the others', () => oracle.numbers.size === 38)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 40))).toEqual({ ...EXACT, lost: [5, 6] })
  const letters = new Map(site.deadLetters.map((letter) => [letter.status, letter]))
  const refused = letters.get(400)
  expect(refused).toMatchObject({ reason: 'refused', answer: 'no such category', attempts: 1, raw: alert(5) })
  expect(JSON.parse(refused?.message ?? '')).toMatchObject({ Description: expect.stringMatching(/ #5$/) })
  expect(letters.get(413)).toMatchObject({ reason: 'too_large', raw: alert(6) })
})

test('while the credentials are refused everything waits, and nothing is given up', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  let allowed = false
  let refused = 0
  const url = await front(oracle, () => {
    if (allowed) return undefined
    refused++
    return 401
  })
  site.configure(url)
  site.append(lines(0, 300))
  const program = site.run()
  expect(await program.ready(503)).toContain('the receiver is paused (HTTP 401)')
  // Only probes go out while it is paused: the backlog is not sent to be refused.
  const before = refused
  await until('a few probes', () => refused >= before + 3)
  expect((await program.metrics()).sum('destination_state', { state: 'paused' })).toBe(1)
  expect((await program.metrics()).sum('messages_delivered_total')).toBe(0)
  expect(refused).toBeLessThan(300)
  allowed = true
  await oracle.arrival(0, 300)
  await program.ready(200)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 300))).toEqual(EXACT)
  expect(site.deadLetters).toEqual([])
  expect(program.logged('wants other credentials (401)')).toHaveLength(1)
})

test('one message that is always answered 500 is given up after its attempts, while the others pass', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  let attempts = 0
  const url = await front(oracle, (number) => {
    if (number !== 3) return undefined
    attempts++
    return { status: 500, text: 'stumbled' }
  })
  site.configure(url, { idmefv2: { retry_attempts: 4 } })
  site.append(lines(0, 200))
  const program = site.run()
  await until('the letter', () => site.deadLetters.length === 1)
  await until('the others', () => oracle.numbers.size === 199)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(0, 200))).toEqual({ ...EXACT, lost: [3] })
  expect(site.deadLetters).toMatchObject([{ status: 500, answer: 'stumbled', attempts: 4, raw: alert(3) }])
  expect(attempts).toBe(4)
})
