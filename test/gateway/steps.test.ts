import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import idmefv1 from '../../src/connectors/idmefv1/index.ts'
import { EXIT } from '../../src/errors.ts'
import { cli, Program } from '../e2e/program.ts'
import { alert, around } from '../idmefv1/documents.ts'

// The steps that src/gateway/README.md tells in place of those of the original: its commands are taken from the page and run as they
// stand there, with another root for what they install.

const root = join(import.meta.dirname, '../..')
const config = join(root, 'config/gateway')
const page = readFileSync(join(root, 'src/gateway/README.md'), 'utf8')
const steps = page.slice(page.indexOf("## From the original's README"), page.indexOf('## A Prelude manager'))
const commands = [...steps.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
  block.trimEnd().split('\n'),
)
const those = (word: string) => commands.filter((command) => command.startsWith(`${word} `))

const has = (command: string) => spawnSync(command, ['--version']).error === undefined
const lacking = (...names: readonly string[]) => {
  const missing = names.filter((name) => !has(name))
  return missing.length === 0 ? '' : ` (not installed: ${missing.join(', ')})`
}
const isRoot = process.getuid?.() === 0

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'steps-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const wordsOf = (command: string, path: string) =>
  command.split(' ').map((word) => word.replace(/^\/etc\//, `${path}/etc/`))

/** A root with what the page installs. */
function installed(): string {
  const path = folder()
  for (const command of those('install')) {
    const [name = '', ...words] = wordsOf(command, path)
    execFileSync(name, words, { cwd: config })
  }
  return path
}

test('everything that is installed has its place', () => {
  const path = installed()
  for (const name of [
    'idmefv2-gateway/gateway.conf',
    'systemd/system/idmefv2-gateway.service',
    'firewalld/services/idmefv2-gateway.xml',
    'tmpfiles.d/idmefv2-gateway.conf',
  ])
    expect(statSync(join(path, 'etc', name)).mode & 0o777, name).toBe(0o644)
})

test('the configuration lacks nothing but the profile', async () => {
  const conf = join(folder(), 'gateway.conf')
  cpSync(join(config, 'gateway.conf'), conf)
  const { code, stderr } = await cli(['check', '-c', conf])
  const problems = stderr.split('\n').filter((line) => line.startsWith('  '))
  // Where it was registered there is no problem at all.
  if (code === 0) return
  expect(code).toBe(EXIT.config)
  expect(problems.filter((line) => !line.includes('the profile cannot be read'))).toEqual([])
})

test('the firewall opens the port that the gateway listens at', () => {
  const { port } = idmefv1.options.parse({}).listen
  expect(readFileSync(join(config, 'idmefv2-gateway.firewalld.xml'), 'utf8')).toContain(`port="${port}"`)
  for (const front of ['nginx.conf', 'apache.conf'])
    expect(readFileSync(join(config, front), 'utf8')).toMatch(new RegExp(`^\\s*listen ${port}`, 'im'))
})

describe('the unit', () => {
  const text = readFileSync(join(config, 'idmefv2-gateway.service'), 'utf8')
  const setting = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]
  const why = lacking('systemd-analyze')

  test.skipIf(why !== '')(`has nothing that systemd does not know${why}`, () => {
    const unit = join(folder(), 'idmefv2-gateway.service')
    // The program that it runs is installed elsewhere.
    writeFileSync(unit, text.replace(/^ExecStart=idmefv2 /m, `ExecStart=${process.execPath} `))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
    expect(stderr.split('\n').filter((line) => line.includes('idmefv2-gateway'))).toEqual([])
    expect(status).toBe(0)
  })

  test('runs the verb with what the page says, and is not started again for nothing', () => {
    expect(setting('ExecStart')).toBe('idmefv2 gateway -c /etc/idmefv2-gateway/gateway.conf $OPTIONS')
    expect(setting('EnvironmentFile')).toBe('-/etc/default/idmefv2-gateway')
    expect(setting('RestartPreventExitStatus')).toBe(`${EXIT.usage} ${EXIT.config}`)
    expect(setting('SuccessExitStatus')).toBe(String(EXIT.temporary))
    expect(setting('MemoryDenyWriteExecute')).toBeUndefined()
  })

  test('runs as the user that the page makes and registers', () => {
    const user = setting('User')
    expect(those('useradd')).toEqual([expect.stringMatching(new RegExp(` ${user}$`))])
    expect(those('prelude-admin')[0]).toContain(`--uid ${user} --gid ${user}`)
    expect(readFileSync(join(config, 'idmefv2-gateway.tmpfiles'), 'utf8')).toContain(` ${user} www-data `)
  })
})

const whyNoSocket = isRoot
  ? lacking('systemd-tmpfiles', 'curl')
  : ' (a directory can be given to another group by root only)'

test.skipIf(whyNoSocket !== '')(
  `the web server may connect to the socket, and others may not${whyNoSocket}`,
  async () => {
    const [path, web, stranger] = [installed(), 64_001, 64_002]
    // Names that the command looks up beneath the root that it is given.
    writeFileSync(join(path, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nidmefv2-gateway:x:0:0::/:/bin/sh\n')
    writeFileSync(join(path, 'etc/group'), `root:x:0:\nwww-data:x:${web}:\n`)
    execFileSync('chmod', ['755', path])
    for (const command of those('systemd-tmpfiles')) {
      const [name = '', ...words] = wordsOf(command, path)
      execFileSync(name, [`--root=${path}`, ...words], { stdio: 'ignore' })
    }
    const socket = join(path, 'run/idmefv2-gateway/gateway.sock')
    const program = start(path, '--sock', socket)
    await program.says('taking records')
    const words = [
      '-s',
      '--unix-socket',
      socket,
      '-H',
      'Content-Type: text/xml',
      '-d',
      around(alert()),
      'http://x/',
    ]
    const as = (uid: number) => spawnSync('curl', words, { uid, gid: uid, encoding: 'utf8' }).stdout
    expect(as(web)).toBe('OK\n')
    expect(as(stranger)).toBe('')
    expect(await program.stop()).toBe(0)
  },
)

const whyNoCurl = lacking('curl')

test.skipIf(whyNoCurl !== '')(
  `every line of curl gives OK, and without its header 415${whyNoCurl}`,
  async () => {
    const path = folder()
    writeFileSync(join(path, 'test.xml'), around(`\n  ${alert()}\n`))
    const program = start(path)
    const { url } = await program.says('taking records')
    const run = async (line: string) =>
      (
        await promisify(execFile)('sh', ['-c', line.replace('http://127.0.0.1:3128/', String(url))], {
          cwd: path,
        })
      ).stdout
    const lines = those('curl')
    expect(lines).toHaveLength(3)
    for (const line of lines) {
      expect(await run(line), line).toBe('OK\n')
      const bare = line.replace(/ -H '[^']*'/, '')
      expect(await run(`${bare} -o /dev/null -w '%{http_code}'`), bare).toBe('415')
    }
    expect(await program.stop()).toBe(0)
  },
)

/** A gateway that judges and takes nothing. */
function start(path: string, ...flags: readonly string[]): Program {
  mkdirSync(join(path, 'state'))
  const conf = join(path, 'own.conf')
  const sections = `[gateway]\nlisten = 127.0.0.1:0\ndestination = prelude\n[state]\ndirectory = ${path}/state\n[metrics]\nlisten = off\n`
  writeFileSync(conf, sections)
  return new Program(['gateway', '-c', conf, '--dry-run', ...flags])
}
