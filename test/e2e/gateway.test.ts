import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestserver } from '../../src/testserver/server.ts'
import { Authority, hasOpenssl } from '../delivery/certificates.ts'
import { Manager, writeProfile } from '../gateway/manager.ts'
import { alert, around } from '../idmefv1/documents.ts'
import { folder } from '../sources/consumer.ts'
import { freePort } from './port.ts'
import { cli, Program } from './program.ts'
import { until } from './wait.ts'

const run = promisify(execFile)
const config = join(import.meta.dirname, '../../config/gateway')
const isInstalled = (command: string) => spawnSync(command, ['-V']).error === undefined
const hasCurl = isInstalled('curl')
const isRoot = process.getuid?.() === 0

const authority = hasOpenssl ? new Authority() : undefined
afterAll(() => authority?.remove())
const pairs = authority && {
  manager: authority.selfSigned('manager'),
  server: authority.issue('server'),
  client: authority.issue('client'),
}

/** Indented, as people write it. */
const INDENTED = `<?xml version="1.0" encoding="UTF-8"?>
<idmef:IDMEF-Message xmlns:idmef="http://iana.org/idmef" version="1.0">
  <idmef:Alert messageid="abc123456789">
    <idmef:Analyzer analyzerid="bc-corr-01">
      <idmef:Node category="dns">
        <idmef:name>correlator01.example.com</idmef:name>
      </idmef:Node>
    </idmef:Analyzer>
    <idmef:CreateTime ntpstamp="0xe2551126.0x00000000">2020-04-30T08:56:06Z</idmef:CreateTime>
    <idmef:Classification text="Portscan"/>
  </idmef:Alert>
</idmef:IDMEF-Message>
`

interface Setup {
  keys?: string
  sections?: string
  flags?: readonly string[]
}

/** The gateway with a configuration of its own. */
function gateway({ keys = '', sections = '', flags = [] }: Setup) {
  const base = folder()
  const path = (name: string) => join(base, name)
  const conf = `[gateway]
listen = 127.0.0.1:0
${keys}
[state]
directory = ${path('state')}
[metrics]
listen = 127.0.0.1:0
${sections}`
  writeFileSync(path('gateway.conf'), conf, { mode: 0o600 })
  return { program: new Program(['gateway', '-c', path('gateway.conf'), ...flags]), path }
}

async function urlOf(program: Program): Promise<string> {
  return String((await program.says('taking records')).url)
}

async function post(url: string, body: string): Promise<number> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body })
  await answer.text()
  return answer.status
}

describe.skipIf(!hasOpenssl)(`to both destinations${hasOpenssl ? '' : ' (openssl is not installed)'}`, () => {
  test('each message comes to each of them, and one that is away does not hold up the other', async () => {
    if (!pairs) return
    const messages: Record<string, unknown>[] = []
    const receiver = await startTestserver({
      host: '127.0.0.1',
      port: 0,
      onMessage: (message) => void messages.push(message),
    })
    onTestFinished(() => receiver.close())
    const manager = new Manager(pairs.manager)
    const { host, port } = await manager.start()
    onTestFinished(() => manager.stop())
    const profiles = folder()
    writeProfile(profiles, 'secef', pairs.client, pairs.manager)
    const { program } = gateway({
      keys: `destination = idmefv2, prelude\nprofile_directory = ${profiles}\nmanager = ${host}:${port}`,
      sections: `[idmefv2]\nurl = ${receiver.url}\n`,
    })
    const url = await urlOf(program)
    expect(await post(url, around(alert('', 'one')))).toBe(200)
    await until('it at the manager', () => manager.names.includes('one'))
    await manager.stop()
    expect(await post(url, around(alert('', 'two') + alert('', 'three')))).toBe(200)
    await until('all at the receiver', () => messages.length === 3)
    expect(messages.map(({ AltNames }) => AltNames)).toContainEqual(['idmefv1:probe-1:three'])
    expect(await program.ready(503)).toContain('gateway/prelude: the Prelude manager is not connected')
    await manager.start()
    await until('the others at the manager', () => manager.names.includes('three'))
    expect(await program.stop()).toBe(0)
    expect(new Set(manager.names)).toEqual(new Set(['(starting)', 'one', 'two', 'three', '(exiting)']))
  })

  test('a reload, and a stop while the manager is away, lose nothing', async () => {
    if (!pairs) return
    const manager = new Manager(pairs.manager)
    const { host, port } = await manager.start()
    onTestFinished(() => manager.stop())
    const profiles = folder()
    writeProfile(profiles, 'secef', pairs.client, pairs.manager)
    const { program, path } = gateway({
      keys: `destination = prelude\nprofile_directory = ${profiles}\nmanager = ${host}:${port}`,
      sections: '[idmefv2]\ndrain_timeout = 2s\n',
    })
    expect(await post(await urlOf(program), around(alert('', 'one')))).toBe(200)
    program.signal('SIGHUP')
    await program.says('configuration reloaded')
    const again = String((await program.says('taking records', 2)).url)
    expect(await post(again, around(alert('', 'two')))).toBe(200)
    await until('both', () => ['one', 'two'].every((id) => manager.names.includes(id)))
    expect(manager.names.filter((name) => name === '(starting)')).toHaveLength(2)

    await manager.stop()
    expect(await post(again, around(alert('', 'three')))).toBe(200)
    expect(await program.stop()).toBe(75)
    await manager.start()
    const next = new Program(['gateway', '-c', path('gateway.conf')])
    await until('what was left', () => manager.names.includes('three'))
    expect(await next.stop()).toBe(0)
  })
})

describe('the flags of the original', () => {
  test('--dry-run and --debug: documents are judged and told, and nothing is taken', async () => {
    const { program, path } = gateway({ keys: 'destination = prelude', flags: ['-n', '--debug'] })
    const url = await urlOf(program)
    expect(await post(url, INDENTED)).toBe(200)
    expect(await post(url, '<IDMEF-Message>')).toBe(400)
    expect(await program.says('a document was taken')).toMatchObject({ messages: 1, dryRun: true })
    expect(statSync(path('state')).isDirectory()).toBe(true)
    expect((await program.metrics()).sum('lag_bytes')).toBe(0)
    expect(await program.stop()).toBe(0)
  })

  test('--dry-run sends nothing that an earlier run left', async () => {
    const destination = `destination = idmefv2`
    const sections = '[idmefv2]\nurl = http://127.0.0.1:9/\nretry_max = 1s\ndrain_timeout = 1s\n'
    const first = gateway({ keys: destination, sections })
    expect(await post(await urlOf(first.program), INDENTED)).toBe(200)
    expect(await first.program.stop()).toBe(75)
    const second = new Program(['gateway', '-c', first.path('gateway.conf'), '-n'])
    expect(await post(await urlOf(second), INDENTED)).toBe(200)
    expect((await second.metrics()).sum('lag_bytes')).toBe(0)
    expect(await second.stop()).toBe(0)
  })

  test('--valid-dtd: what only can be read is refused', async () => {
    const { program } = gateway({ keys: 'destination = prelude', flags: ['--dry-run', '--valid-dtd'] })
    const url = await urlOf(program)
    expect(await post(url, INDENTED)).toBe(200)
    expect(await post(url, around('<Alert><Weather/></Alert>'))).toBe(422)
    expect(await program.stop()).toBe(0)
  })

  test('--sock: documents are taken at a Unix socket, and the file goes with the program', async () => {
    const socket = join(folder(), 'gateway.sock')
    const { program } = gateway({ keys: 'destination = prelude', flags: ['-n', '-s', socket] })
    await program.says('taking records')
    const words = [
      '--unix-socket',
      socket,
      '-H',
      'Content-Type: text/xml',
      '--data-binary',
      '@-',
      'http://x/any/path',
    ]
    if (hasCurl) {
      const curl = spawn('curl', ['-s', ...words])
      curl.stdin.end(INDENTED)
      const [said] = await once(curl.stdout, 'data')
      expect(String(said)).toBe('OK\n')
    }
    expect(await program.stop()).toBe(0)
    expect(() => statSync(socket)).toThrow()
  })

  test('--profile names a profile, and one that is not there is told at the start', async () => {
    const { code, stderr } = await cli(['gateway', '--profile', 'nobody%here'])
    expect(code).toBe(78)
    expect(stderr).toContain('[gateway] destination: the profile cannot be read')
    expect(stderr).toContain('nobody%here')
  })
})

test.skipIf(!hasCurl)(
  `curl sends a file with and without its line ends${hasCurl ? '' : ' (curl is not installed)'}`,
  async () => {
    const { program, path } = gateway({ keys: 'destination = prelude', flags: ['-n'] })
    const url = await urlOf(program)
    writeFileSync(path('test.xml'), INDENTED)
    for (const how of ['-d', '--data-binary']) {
      for (const type of ['application/xml', 'text/xml; charset=UTF-8']) {
        const words = [
          '-s',
          '-w',
          '%{http_code}',
          '-H',
          `Content-Type: ${type}`,
          how,
          `@${path('test.xml')}`,
          url,
        ]
        expect((await run('curl', words)).stdout, `${how} ${type}`).toBe('OK\n200')
      }
    }
    // What curl says of a form by itself.
    const words = ['-s', '-w', '%{http_code}', '-o', '/dev/null', '-d', `@${path('test.xml')}`, url]
    expect((await run('curl', words)).stdout).toBe('415')
    expect(await program.stop()).toBe(0)
  },
)

test.skipIf(!hasCurl || !hasOpenssl)('with tls_ca only those come in who have a certificate', async () => {
  if (!authority || !pairs) return
  const { cert, key } = pairs.server
  const { program, path } = gateway({
    keys: `destination = prelude\ndry_run = yes\ntls_cert = ${cert}\ntls_key = ${key}\ntls_ca = ${authority.ca}`,
  })
  const url = await urlOf(program)
  writeFileSync(path('test.xml'), INDENTED)
  const words = [
    '-s',
    '--cacert',
    authority.ca,
    '-H',
    'Content-Type: text/xml',
    '--data-binary',
    `@${path('test.xml')}`,
  ]
  const own = ['--cert', pairs.client.cert, '--key', pairs.client.key]
  expect((await run('curl', [...words, ...own, url])).stdout).toBe('OK\n')
  await expect(run('curl', [...words, url])).rejects.toThrow()
  expect(await program.stop()).toBe(0)
})

const front = (name: string, text: string) => ({ name, text })
const FRONTS = [front('nginx', 'nginx.conf'), front('apache2', 'apache.conf')]

describe.each(FRONTS)('behind $name with our example', ({ name, text }) => {
  const why = !isInstalled(name)
    ? ` (${name} is not installed)`
    : !hasCurl || !hasOpenssl
      ? ' (curl or openssl is not installed)'
      : ''

  test.skipIf(why !== '')(`documents come through, from those who have a certificate${why}`, async () => {
    if (!authority || !pairs) return
    const base = folder()
    chmodSync(base, 0o755)
    // As idmefv2-gateway.tmpfiles makes it: the web server may connect for its group, if there can be another one.
    const way = join(base, 'run')
    if (isRoot) await run('install', ['-d', '-m', '2750', '-g', 'www-data', way])
    else mkdirSync(way)
    const [port, socket] = [await freePort(), join(way, 'gateway.sock')]
    const { program, path } = gateway({ keys: 'destination = prelude', flags: ['-n', '--sock', socket] })
    await program.says('taking records')
    const own = readFileSync(join(config, text), 'utf8')
      .replaceAll('/run/idmefv2-gateway/gateway.sock', socket)
      .replaceAll('/etc/idmefv2-gateway/server.pem', pairs.server.cert)
      .replaceAll('/etc/idmefv2-gateway/server.key', pairs.server.key)
      .replaceAll('/etc/idmefv2-gateway/senders.pem', authority.ca)
      .replaceAll('3128', String(port))
    await start(name, base, own)
    writeFileSync(path('test.xml'), INDENTED)
    const url = `https://127.0.0.1:${port}/`
    const common = [
      '-s',
      '-w',
      '%{http_code}',
      '--cacert',
      authority.ca,
      '-H',
      'Content-Type: application/xml',
    ]
    const words = [...common, '--data-binary', `@${path('test.xml')}`, url]
    const certificate = ['--cert', pairs.client.cert, '--key', pairs.client.key]
    await until('the web server', () =>
      run('curl', ['-ks', ...certificate, url]).then(
        () => true,
        () => false,
      ),
    )
    expect((await run('curl', [...certificate, ...words])).stdout).toBe('OK\n200')
    const { stdout } = await run('curl', words).catch((error) => error as { stdout: string })
    expect(stdout).not.toContain('OK\n')
    writeFileSync(path('large.xml'), `${INDENTED}${' '.repeat(1024 * 1024)}`)
    const large = [...common, '-o', path('answer'), '--data-binary', `@${path('large.xml')}`, url]
    expect((await run('curl', [...certificate, ...large])).stdout).toBe('413')
    expect(await program.stop()).toBe(0)
  })
})

/** A web server with nothing but our example. */
async function start(name: string, base: string, own: string): Promise<void> {
  const logs = join(base, 'logs')
  mkdirSync(logs)
  const conf = join(base, 'front.conf')
  if (name === 'nginx') {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${base}/${kind};`,
    )
    writeFileSync(
      conf,
      `${isRoot ? 'user www-data;\n' : ''}pid ${base}/pid;\nevents {}\nhttp {\n${temp.join('\n')}\naccess_log off;\n${own}\n}\n`,
    )
  } else {
    const modules = ['mpm_event', 'authz_core', 'socache_shmcb', 'ssl', 'proxy', 'proxy_http']
    const load = modules.map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`)
    const head = `ServerRoot ${base}\nServerName localhost\nPidFile ${base}/pid\nErrorLog ${logs}/error.log\nUser www-data\nGroup www-data\n`
    writeFileSync(conf, `${head}${load.join('\n')}\n${own}`)
  }
  const words =
    name === 'nginx'
      ? ['-p', base, '-e', join(logs, 'error.log'), '-c', conf, '-g', 'daemon off;']
      : ['-X', '-f', conf]
  const child = spawn(name, words, { stdio: 'ignore', env: { ...process.env, APACHE_RUN_DIR: base } })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  })
}

describe('whoever talks to it', () => {
  const MIB = 1024 ** 2

  test('S2, S4, S5: cannot fill its memory, nor keep others out', async () => {
    const { program } = gateway({ keys: 'destination = prelude', flags: ['-n'] })
    const url = await urlOf(program)
    expect(await post(url, INDENTED)).toBe(200)
    const before = residentBytes(program)
    const slow = Array.from({ length: 50 }, () => slowly(url))
    const laughs = `<!DOCTYPE a [${'<!ENTITY a "ha">'.repeat(1000)}]><IDMEF-Message/>`
    const large = Array.from({ length: 3 }, () => endless(url, 1024 * MIB))
    const deep = `<IDMEF-Message>${'<Alert>'.repeat(100_000)}`
    const hostile = Array.from({ length: 50 }, (_, i) => post(url, i % 2 === 0 ? laughs : deep))
    for (let i = 0; i < 20; i++) expect(await post(url, INDENTED)).toBe(200)
    expect(new Set(await Promise.all(hostile))).toEqual(new Set([400]))
    // They are told at once, and hung up on when they go on for long.
    for (const answer of await Promise.all(large)) expect(answer).toContain('HTTP/1.1 413')
    expect(residentBytes(program) - before).toBeLessThan(150 * MIB)
    expect(await post(url, INDENTED)).toBe(200)
    for (const socket of slow) socket.destroy()
    expect(await program.stop()).toBe(0)
  })

  /** A body that says it is small, and comes one byte at a time. */
  function slowly(url: string): Socket {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => socket.destroy())
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n<')
    const drip = setInterval(() => void (socket.writable && socket.write(' ')), 200)
    socket.on('close', () => clearInterval(drip))
    return socket
  }

  /** A body of a GiB, as far as it is read: resolves with what is answered. */
  function endless(url: string, most: number): Promise<string> {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const chunk = Buffer.alloc(MIB, 0x20)
    const { promise, resolve } = Promise.withResolvers<string>()
    socket.on('error', () => socket.destroy())
    let said = ''
    socket.on('data', (text) => {
      said += text
    })
    socket.on('close', () => resolve(said))
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n')
    const go = () => {
      while (!socket.destroyed && socket.bytesWritten < most) {
        socket.write(`${chunk.length.toString(16)}\r\n`)
        socket.write(chunk)
        if (!socket.write('\r\n')) return
      }
      socket.end()
    }
    socket.on('drain', go).on('connect', go)
    return promise
  }
})

function residentBytes(program: Program): number {
  const status = readFileSync(`/proc/${program.child.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
