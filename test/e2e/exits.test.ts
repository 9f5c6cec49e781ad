import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { cli, MAIN, NODE } from './program.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

describe('64: the command line cannot be used', () => {
  test.each([
    [['rum'], 'there is no verb rum; did you mean run?'],
    [['run', '--onec', '-c', 'x'], '--onec', 'did you mean --once?'],
    [['run'], 'name a configuration file with -c FILE'],
    [['run', 'suricata.conf'], 'suricata.conf', '-c suricata.conf'],
    [['list', 'suricata'], 'suricata'],
    [['convert', 'suricatta'], 'there is no probe suricatta; did you mean suricata?'],
    [['convert', 'suricata', '/nowhere/eve.json'], '/nowhere/eve.json'],
    [['convert', 'suricata', '--idmefv2-version', 'V03'], '2.D.V04'],
    [['demo', '--seconds', 'x'], '--seconds must be a number'],
  ])('%j', async (args, ...texts) => {
    const { code, stdout, stderr } = await cli(args)
    for (const text of texts) expect(stderr).toContain(text)
    expect([code, stdout, stderr.split('\n').length]).toEqual([64, '', 2])
  })
})

describe('78: the configuration cannot be used', () => {
  test('every problem is told, with file and line', async () => {
    const site = new Site()
    const bad = site.file(
      'bad.conf',
      `[idmefv2]
url = ftp://siem
delivery = pigeon
[workers]
count = none
[suricata]
start = middle
attach = paylod
[metrics]
listen = everywhere
`,
    )
    const { code, stdout, stderr } = await cli(['run', '-c', bad])
    expect([code, stdout]).toEqual([78, ''])
    for (const line of [2, 3, 5, 7, 8, 10]) expect(stderr).toContain(`${bad}:${line}: `)
  })

  test('a file that is not there', async () => {
    const { code, stderr } = await cli(['check', '-c', '/nowhere/x.conf'])
    expect(code).toBe(78)
    expect(stderr).toContain('/nowhere/x.conf')
  })

  test('a misspelt key is a warning with the nearest one, and with --strict an error', async () => {
    const site = new Site()
    const conf = site.file('c.conf', '[idmefv2]\nurl = http://127.0.0.1:1\nverfy = no\n[suricata]\n')
    const lenient = await cli(['check', '-c', conf])
    expect(lenient.code).toBe(0)
    expect(lenient.stderr).toMatch(/^warning: .*c\.conf:3: .*verfy.*verify/m)
    expect(lenient.stderr).toMatch(/c\.conf: sound, but see the warning above\n$/)
    const strict = await cli(['check', '-c', conf, '--strict'])
    expect(strict.code).toBe(78)
    expect(strict.stderr).toContain('c.conf:3: ')
  })

  test('a misspelt key beside what is missing because of it', async () => {
    const site = new Site()
    const conf = site.file('m.conf', '[idmefv2]\nurl = http://127.0.0.1:1\n[json]\nmaping = m.json\n')
    const { code, stderr } = await cli(['check', '-c', conf])
    expect(code).toBe(78)
    expect(stderr).toContain('[json] mapping: is required')
    expect(stderr).toMatch(/m\.conf:4: warning: \[json\] maping: unknown key, did you mean mapping\?/)
  })

  test('a mapping with faults, each with its JSON pointer', async () => {
    const site = new Site()
    const mapping = site.file('my.json', '{"$extends":true,"Source":[{"IPs":"$.src_ip"}],"Priority":"Huge"}')
    site.configure('http://127.0.0.1:1/', { suricata: { mapping } })
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect(code).toBe(78)
    expect(stderr).toContain(`${mapping}: /Source/0/IPs: `)
    expect(stderr).toContain(`${mapping}: /Priority: `)
  })

  test('S12: a configuration or mapping that everyone can write, also with convert', async () => {
    const site = new Site()
    const mapping = site.file('my.json', '{"$extends":true}')
    chmodSync(mapping, 0o666)
    const converted = await cli(['convert', 'suricata', '--mapping', mapping], { input: '' })
    expect([converted.code, converted.stderr]).toEqual([
      78,
      expect.stringContaining(`${mapping}: everyone can write it (mode 0666): chmod go-w`),
    ])
    site.configure('http://127.0.0.1:1/')
    chmodSync(site.conf, 0o666)
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect([code, stderr]).toEqual([78, expect.stringContaining('everyone can write it (mode 0666)')])
  })

  test('TLS files that hold something else', async () => {
    const site = new Site()
    const pem = site.file('x.pem', 'no certificate')
    site.configure('https://127.0.0.1:1/', { idmefv2: { cert: pem, key: pem } })
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect(code).toBe(78)
    expect(stderr).toContain(`${site.conf}: [idmefv2] ca, cert, key: cannot be used: `)
  })
})

describe('77: not permitted', () => {
  test('a file in the place of the state directory', async () => {
    const site = new Site()
    site.configure('http://127.0.0.1:1/', { state: { directory: site.file('taken', '') } })
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect(code).toBe(77)
    expect(stderr).toBe(
      `idmefv2: state directory ${site.path('taken')} cannot be written: EEXIST; [state] directory names another\n`,
    )
  })

  // Root may write everywhere, so it has to be somebody else.
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', NODE, MAIN]
  const nobody = process.getuid?.() === 0 && spawnSync('setpriv', [...asNobody, '--version']).status === 0
  test.skipIf(!nobody)('a state directory that belongs to somebody else', async () => {
    const site = new Site()
    chmodSync(site.folder, 0o755)
    mkdirSync(site.path('state'), { mode: 0o700 })
    site.configure('http://127.0.0.1:1/', {})
    chmodSync(site.conf, 0o644)
    const { status, stderr } = spawnSync('setpriv', [...asNobody, 'run', '-c', site.conf], {
      encoding: 'utf8',
    })
    expect(stderr).toContain(`state directory ${site.path('state')} cannot be written: EACCES`)
    expect(status).toBe(77)
  })

  test('a metrics address that is taken; the state directory is free again', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url, { metrics: { listen: new URL(oracle.url).host } })
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect(code).toBe(77)
    expect(stderr).toMatch(/\[metrics\] listen: cannot listen on .*: another process already listens there/)
    site.configure(oracle.url)
    const second = site.run(['--once'])
    expect(await second.exit).toBe(0)
    expect(second.logged('taking over the lock')).toEqual([])
  })
})

describe('75: ended before everything was acknowledged', () => {
  test('SIGTERM while the receiver does not answer; the next start delivers it', async () => {
    const site = new Site()
    const stalled = await Oracle.start({ stall: true })
    site.configure(stalled.url, { idmefv2: { drain_timeout: '100ms' } })
    site.append(lines(0, 100))
    const program = site.run()
    await until('requests', async () => (await program.metrics()).sum('requests_in_flight') > 0)
    expect(await program.stop()).toBe(75)
    expect(program.logged('the rest is read again')).toHaveLength(1)
    await stalled.down()
    const oracle = await Oracle.start({ port: Number(new URL(stalled.url).port) })
    expect(await site.run(['--once']).exit).toBe(0)
    expect(oracle.account(range(0, 100))).toEqual(EXACT)
  })

  test('a second SIGTERM ends it at once, whatever the drain time', async () => {
    const site = new Site()
    const stalled = await Oracle.start({ stall: true })
    site.configure(stalled.url, { idmefv2: { drain_timeout: '1h' } })
    site.append(lines(0, 100))
    const program = site.run()
    await until('requests', async () => (await program.metrics()).sum('requests_in_flight') > 0)
    program.signal('SIGTERM')
    await program.says('ending: no new work is taken')
    program.signal('SIGTERM')
    expect(await program.exit).toBe(75)
    await stalled.down()
    const oracle = await Oracle.start({ port: Number(new URL(stalled.url).port) })
    expect(await site.run(['--once']).exit).toBe(0)
    expect(oracle.account(range(0, 100))).toEqual(EXACT)
  })

  test('a second instance on the same state directory; the first goes on', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    site.append(lines(0, 10))
    const first = site.run()
    await first.says('started')
    const { code, stderr } = await cli(['run', '-c', site.conf])
    expect(code).toBe(75)
    expect(stderr).toBe(
      `idmefv2: state directory ${site.path('state')} is in use by process ${first.child.pid}\n`,
    )
    site.append(lines(10, 20))
    await oracle.arrival(0, 20)
    expect(await first.stop()).toBe(0)
    expect(oracle.account(range(0, 20))).toEqual(EXACT)
  })

  test('the reader of standard output has gone', async () => {
    const site = new Site()
    site.configure(undefined, { idmefv2: { delivery: 'stdout' } })
    site.append(lines(0, 20))
    const program = site.run()
    await until('output', () => program.stdout.split('\n').length > 20)
    program.child.stdout?.destroy()
    site.append(lines(20, 40))
    expect(await program.exit).toBe(75)
    expect(program.stderr).not.toContain('    at ')
    const next = site.run(['--once'])
    expect(await next.exit).toBe(0)
    expect(next.messages).toHaveLength(20)
  })
})
