import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { Program } from '../e2e/program.ts'
import { alert, around } from '../idmefv1/documents.ts'

// idmefv2 gateway with the flags of the original, as a program of its own behind a Unix socket.

async function start(...flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'judged-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const conf = join(folder, 'gateway.conf')
  const socketPath = join(folder, 'gateway.sock')
  writeFileSync(
    conf,
    `[idmefv2]\nurl = http://127.0.0.1:9/\n[state]\ndirectory = ${folder}/state\n[metrics]\nlisten = 127.0.0.1:0\n`,
  )
  const program = new Program(['gateway', '-c', conf, '--sock', socketPath, ...flags])
  await program.says('taking records')
  const post = async (body: string) => {
    const headers = { 'content-type': 'application/xml' }
    const asked = request({ socketPath, method: 'POST', headers })
    asked.end(body)
    const [answer]: [IncomingMessage] = (await once(asked, 'response')) as [IncomingMessage] // what http gives
    return [answer.statusCode, await text(answer)]
  }
  return { program, post }
}

const VALID = around(alert())
const INVALID = around(`${alert()}\n<Alert messageid="m-2"/>`)

test('with --valid-dtd a document that is not valid is refused with its elements, whole', async () => {
  const { program, post } = await start('--valid-dtd')
  const [status, answer] = await post(INVALID)
  expect(status).toBe(422)
  expect(JSON.parse(String(answer)).error).toMatch(/^\/IDMEF-Message\/Alert\[2\] \(line 3\): /)
  expect((await program.metrics()).sum('lag_bytes')).toBe(0)
  expect(await post(VALID)).toEqual([200, 'OK\n'])
})

test('without it what can be read is taken', async () => {
  const { post } = await start()
  expect(await post(INVALID)).toEqual([200, 'OK\n'])
})

test('with --dry-run documents are judged all the same, and nothing is kept', async () => {
  const { program, post } = await start('--dry-run', '--valid-dtd', '--debug')
  expect(await post(VALID)).toEqual([200, 'OK\n'])
  expect(await program.says('a document was taken')).toMatchObject({ messages: 1, dryRun: true })
  expect((await post(INVALID))[0]).toBe(422)
  expect((await program.metrics()).sum('lag_bytes')).toBe(0)
  expect(await program.stop()).toBe(0)
})
