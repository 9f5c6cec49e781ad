import { readFileSync } from 'node:fs'
import https from 'node:https'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Step } from '../../src/client/steps.ts'
import { poll, pollOptions } from '../../src/config/poll.ts'
import { attempt } from '../../src/sources/attempt.ts'
import { Authority, hasOpenssl, type Pair } from '../delivery/certificates.ts'
import { Tool } from './poller.ts'

const schema = z.strictObject(poll({ url: 'http://localhost', interval: '1s' }))

async function run(settings: Record<string, string>) {
  const steps: Step[] = []
  const ok = await attempt(pollOptions(schema.parse(settings)), (step) => steps.push(step))
  return { ok, names: steps.map(({ name }) => name), detail: steps.at(-1)?.detail }
}

test.each([
  ['JSON', 200, '{}', 'the tool answers (200)'],
  ['a page', 200, '<html>', 'the tool answers, with a page'],
  ['a redirect to one', 302, '', 'the tool answers (302 at url itself, which may be right)'],
  ['nothing there', 404, '', 'the tool answers (404 at url itself, which may be right)'],
])('a tool that has %s at its address can be asked', async (_, status, body, words) => {
  const tool = await Tool.start(0)
  tool.mishaps.push((response) => void response.writeHead(status, { location: '/graph' }).end(body))
  expect(await run({ url: tool.url })).toEqual({ ok: true, names: ['dns', 'tcp', 'http'], detail: words })
})

test.each([
  [401, /other credentials \(401\): check login/],
  [403, /forbids it \(403\)/],
  [503, /answered 503/],
])('one that answers %i cannot', async (status, words) => {
  const tool = await Tool.start(0)
  tool.mishaps.push((response) => void response.writeHead(status).end())
  const { ok, detail } = await run({ url: tool.url })
  expect([ok, detail]).toEqual([false, expect.stringMatching(words)])
})

test('what is shown to it is what the connector shows', async () => {
  const tool = await Tool.start(0)
  await run({ url: `${tool.url}/api`, token: 'secret' })
  expect(tool.server.received).toMatchObject([
    { method: 'GET', path: '/api', headers: { authorization: 'Bearer secret' } },
  ])
})

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let authority: Authority
  let pair: Pair
  beforeAll(() => {
    authority = new Authority()
    pair = authority.issue('tool')
  })
  afterAll(() => authority.remove())

  test('a certificate that nobody knows ends the way; nothing is shown', async () => {
    const tool = await Tool.start(0, (listener) =>
      https.createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key) }, listener),
    )
    const url = tool.url.replace('http:', 'https:')
    const { ok, names, detail } = await run({ url, token: 'secret' })
    expect([ok, names.at(-1), detail]).toEqual([false, 'tls', expect.stringContaining('unknown authority')])
    expect(tool.questions).toEqual([])
    expect((await run({ url, ca: authority.ca })).names).toEqual(['dns', 'tcp', 'tls', 'http'])
  })
})
