import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { lines, range } from './events.ts'
import { front } from './front.ts'
import { EXACT, Oracle } from './oracle.ts'
import { cli, Program } from './program.ts'
import { Site } from './site.ts'

/** As the Python connector for Suricata has it, key for key. */
const connector = (url: string, log: string, eve: string) => `[logging]
level=INFO
file=${log}

[idmefv2]
url=${url}
login=siem
password=s3cr%t;word
verify=False

[suricata]
filetype=regular
filename=${eve}
`

test('the file of the Python connector, unchanged: it runs, sends its credentials, and starts at the end', async () => {
  const [site, oracle] = [new Site(), await Oracle.start()]
  const wanted = `Basic ${Buffer.from('siem:s3cr%t;word').toString('base64')}`
  const url = await front(oracle, (_, { authorization }) => (authorization === wanted ? undefined : 401))
  const logFile = site.path('connector.log')
  const python = site.file('suricata-connector.conf', connector(url, logFile, site.eve))
  // What that file has no words for; the defaults would be shared with other programs on this machine.
  const ours = site.file(
    'ours.conf',
    `[state]\ndirectory = ${site.path('state')}\n[metrics]\nlisten = 127.0.0.1:0\n`,
  )
  site.append(lines(0, 20))
  const program = new Program(['run', '-c', python, '-c', ours], { logFile })
  await program.says('following file')
  site.append(lines(20, 120))
  await oracle.arrival(20, 120)
  expect(await program.stop()).toBe(0)
  expect(oracle.account(range(20, 120))).toEqual(EXACT)
  expect(program.stderr).toBe('')
  expect(program.logged('the certificate is not checked')).toHaveLength(1)
  expect(readFileSync(logFile, 'utf8')).not.toContain('s3cr%t')
})

test('it is sound by itself, and what is in force is shown without the password', async () => {
  const site = new Site()
  const python = site.file('c.conf', connector('https://siem.example:4690', site.path('log'), site.eve))
  const { code, stdout, stderr } = await cli(['check', '-c', python])
  expect(code).toBe(0)
  expect(stdout).toContain('login = siem')
  expect(stdout).toContain('password = ***')
  expect(stdout + stderr).not.toContain('s3cr%t')
})
