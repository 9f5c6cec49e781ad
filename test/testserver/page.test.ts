import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestserver, type Testserver } from '../../src/testserver/server.ts'
import { message, numbered } from './messages.fixture.ts'

let server: Testserver

beforeEach(async () => {
  server = await startTestserver({ port: 0 })
})
afterEach(() => server.close())

const headers = { 'content-type': 'application/json' }
const post = (body: unknown) => fetch(server.url, { method: 'POST', body: JSON.stringify(body), headers })
const page = async (query = '') => (await fetch(`${server.url}/${query}`)).text()

/** fetch sets Host itself. */
function statusFor(host: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  request(server.url, { headers: { host } }, (response) => {
    response.resume()
    resolve(response.statusCode)
  })
    .on('error', reject)
    .end()
  return promise
}

describe('the page', () => {
  test('shows what is wrong first in a message that was refused, and how much more is', async () => {
    await post(message({ Priority: 'Critical', CreateTime: 'yesterday' }))
    expect(await page()).toMatch(/<code>\/(Priority|CreateTime)<\/code><td>[^<]+ \(and 1 more\)/)
  })

  test('shows what came, newest first, and the figures', async () => {
    await post(numbered(1, { Description: 'the first' }))
    await post(numbered(2, { Description: 'the second' }))
    await post(numbered(2, { Description: 'the second' }))
    await post(message({ Priority: 'Critical' }))
    const html = await page()
    expect(html.indexOf('the second')).toBeGreaterThan(0)
    expect(html.indexOf('the first')).toBeGreaterThan(html.indexOf('the second'))
    expect(html).toContain('<dt>valid</dt><dd>3</dd>')
    expect(html).toContain('<dt>invalid</dt><dd>1</dd>')
    expect(html).toContain('<dt>duplicates</dt><dd>1</dd>')
    expect(html).toContain('198.51.100.7:5353 → [2001:db8::1]:22')
    expect(html).toContain('<code>/Priority</code>')
  })

  test('says how to begin when nothing came yet', async () => {
    expect(await page()).toContain('None yet')
  })

  test('S20: text from messages stays text', async () => {
    const hostile = `</pre><script>alert(1)</script><img src=x onerror='alert(1)'>"&amp;\u001b[31m`
    await post(
      message({
        Description: hostile,
        Note: hostile,
        Analyzer: { Name: hostile },
        Source: [{ ID: message().ID, Hostname: hostile }],
      }),
    )
    await post({ [hostile]: 1 })
    await fetch(server.url, { method: 'POST', body: hostile, headers })
    const html = await page()
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    const tags = new Set(
      html.match(/<\/?[a-z!][^\s>]*/gi)?.map((tag) => tag.toLowerCase().replace('</', '<')),
    )
    expect(
      [...tags].filter((tag) => ['<script', '<img', '<iframe', '<svg', '<object'].includes(tag)),
    ).toEqual([])
    expect(html).not.toMatch(/\sonerror='/)
    expect(html).not.toContain('\u001b')
    expect(html.match(/<pre>/g)?.length).toBe(html.match(/<\/pre>/g)?.length)
  })

  test('S20: nothing may run or be fetched, and the style is the one that was vouched for', async () => {
    const response = await fetch(server.url)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    const style = /<style>([^<]*)<\/style>/.exec(await response.text())?.[1] ?? ''
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('it loads itself again only when asked to', async () => {
    expect(await page()).not.toContain('http-equiv="refresh"')
    expect(await page('?live')).toContain('http-equiv="refresh"')
  })

  test('a message too deep to print again does not take the page down', async () => {
    const depth = 20_000
    const text = JSON.stringify(message({ Attachment: [{ Name: 'deep', Content: 'HERE' }] }))
    const body = text.replace('"HERE"', `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)
    expect((await fetch(server.url, { method: 'POST', body, headers })).status).toBe(204)
    expect(await page()).toContain('RangeError')
  })
})

describe('who may see it', () => {
  test('S20: requests for the addresses and names of this host', async () => {
    expect(await statusFor(`127.0.0.1:${server.port}`)).toBe(200)
    expect(await statusFor(`localhost:${server.port}`)).toBe(200)
    expect(await statusFor(`[::1]:${server.port}`)).toBe(200)
  })

  test('S20: a name that was pointed at us is 421', async () => {
    expect(await statusFor('evil.example')).toBe(421)
    expect(await statusFor(`localhost.evil.example:${server.port}`)).toBe(421)
  })

  test('HEAD has the headers alone', async () => {
    const response = await fetch(server.url, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(1000)
  })
})
