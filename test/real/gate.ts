import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { loadLibprelude } from '../../src/gateway/prelude/libprelude.ts'
import { Program } from '../e2e/program.ts'
import type { PreludeManager } from './prelude.ts'

export const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'gateway-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The gateway, and a way to post to it. */
export async function start(
  { profile, address }: PreludeManager,
  base = folder(),
  own = `manager = ${address}`,
) {
  mkdirSync(base, { recursive: true })
  const conf = join(base, 'gateway.conf')
  writeFileSync(
    conf,
    `[gateway]
listen = 127.0.0.1:0
destination = prelude
${own}
[state]
directory = ${base}/state
[metrics]
listen = 127.0.0.1:0
`,
  )
  const program = new Program(['gateway', '-c', conf, '--profile', profile])
  const { url } = await program.says('taking records')
  const post = async (body: Uint8Array | string) => {
    const headers = { 'content-type': 'application/xml' }
    const answer = await fetch(String(url), {
      method: 'POST',
      headers,
      body: new Uint8Array(Buffer.from(body)),
    })
    await answer.text()
    return answer.status
  }
  return { program, post, base }
}

/** Why libprelude cannot be called. */
export const whyNoLibrary = libraryFault()

function libraryFault(): string {
  try {
    loadLibprelude()
    return ''
  } catch (error) {
    return ` (${error instanceof Error ? error.message : error})`
  }
}
