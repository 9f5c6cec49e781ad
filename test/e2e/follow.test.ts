import { describe, expect, test } from 'vitest'
import { alert, lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

describe('a file that grows', () => {
  test('every alert of bursts of thousands of lines arrives, and once', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    site.append(lines(0, 1000))
    const program = site.run()
    await oracle.arrival(0, 1000)
    site.append(lines(1000, 2500))
    site.append(lines(2500, 3500))
    await oracle.arrival(1000, 3500)
    expect(await program.stop()).toBe(0)
    expect(oracle.account(range(0, 3500))).toEqual(EXACT)
  })

  test('a line written in pieces is one alert, sent when it is whole', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    site.append('')
    const program = site.run()
    const whole = Buffer.from(`${alert(0).replace(' #0', ' naïve ✓ 😀 #0')}\r\n`)
    // In the middle of characters of two, three and four bytes, and between the two of the line's end.
    const cuts = ['ï', '✓', '😀'].map((character) => whole.indexOf(character) + 1)
    const ends = [1, ...cuts, whole.length - 1, whole.length]
    for (const [index, end] of ends.entries()) {
      expect(oracle.messages).toEqual([])
      site.append(whole.subarray(ends[index - 1] ?? 0, end))
      if (end === whole.length) break
      await until('the piece was seen', async () => (await program.metrics()).sum('lag_bytes') === end)
    }
    site.append(lines(1, 20))
    await oracle.arrival(0, 20)
    expect(await program.stop()).toBe(0)
    expect(oracle.account(range(0, 20))).toEqual(EXACT)
    expect(oracle.messageOf(0)?.Description).toContain('naïve ✓ 😀')
  })

  test('lines written in random pieces all arrive once', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url)
    site.append('')
    const program = site.run()
    await program.says('following file')
    const bytes = Buffer.from(lines(0, 150))
    let seed = 7
    for (let at = 0; at < bytes.length; ) {
      seed = (seed * 48_271) % 2_147_483_647
      const end = at + (seed % 3000) + 1
      site.append(bytes.subarray(at, end))
      at = end
      // The program gets its turn between the pieces.
      await new Promise(setImmediate)
    }
    await oracle.arrival(0, 150)
    expect(await program.stop()).toBe(0)
    expect(oracle.account(range(0, 150))).toEqual(EXACT)
  })
})

describe('where a file begins', () => {
  test('start = end passes over what was there, and takes all that comes, files that appear later whole', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url, {
      suricata: { start: 'end', filename: `${site.eve}, ${site.path('late.json')}` },
    })
    const begun = alert(50)
    site.append(lines(0, 50) + begun.slice(0, 100))
    const program = site.run()
    await program.says('following file')
    // The line that was being written is new: it was never whole before.
    site.append(`${begun.slice(100)}\n${lines(51, 150)}`)
    site.file('late.json', lines(150, 200))
    await oracle.arrival(50, 200)
    expect(await program.stop()).toBe(0)
    expect(oracle.account(range(50, 200))).toEqual(EXACT)
  })

  test('after a restart it goes on where it was, whatever start says', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url, { suricata: { start: 'end' } })
    site.append(lines(0, 10))
    const first = site.run()
    await first.says('following file')
    expect(await first.stop()).toBe(0)
    site.append(lines(10, 30))
    const second = site.run(['--from-start'])
    await oracle.arrival(10, 30)
    expect(await second.stop()).toBe(0)
    expect(oracle.account(range(10, 30))).toEqual(EXACT)
  })

  test('--from-start takes what was there', async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    site.configure(oracle.url, { suricata: { start: 'end' } })
    site.append(lines(0, 50))
    const program = site.run(['--from-start'])
    await oracle.arrival(0, 50)
    expect(await program.stop()).toBe(0)
    expect(oracle.account(range(0, 50))).toEqual(EXACT)
  })
})
