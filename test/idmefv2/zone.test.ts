import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isZone, wallTime, zoned } from '../../src/idmefv2/zone.ts'

describe('a local time', () => {
  test.each([
    ['Sun Nov 22 03:08:07 2026', 'America/New_York', '2026-11-22T03:08:07-05:00'],
    ['Mon Feb  2 12:40:01 2026', 'Europe/Paris', '2026-02-02T12:40:01+01:00'],
    ['Mon Feb 02 12:40:01 2026', 'UTC', '2026-02-02T12:40:01Z'],
    ['2026-07-01 12:00:00', 'Europe/Paris', '2026-07-01T12:00:00+02:00'],
    ['2026/07/01 12:00:00.25', 'Asia/Kolkata', '2026-07-01T12:00:00.25+05:30'],
    ['2026-07-01T12:00:00,5', '+0530', '2026-07-01T12:00:00.5+05:30'],
    ['2026-07-01T12:00:00', '-03:00', '2026-07-01T12:00:00-03:00'],
    ['2026-07-01T12:00:00', 'Z', '2026-07-01T12:00:00Z'],
    ['2024-02-29 23:59:59', 'Pacific/Auckland', '2024-02-29T23:59:59+13:00'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(zoned(text, zone)).toBe(expected)
  })

  test('that has an offset keeps it', () => {
    expect(zoned('2026-07-01T12:00:00+0100', 'America/New_York')).toBe('2026-07-01T12:00:00+01:00')
  })

  test('that comes twice is the first, one that is left out has the offset before it', () => {
    expect(zoned('2026-10-25 02:30:00', 'Europe/Paris')).toBe('2026-10-25T02:30:00+02:00')
    expect(zoned('2026-10-25 03:00:00', 'Europe/Paris')).toBe('2026-10-25T03:00:00+01:00')
    expect(zoned('2026-10-25 01:59:59', 'Europe/Paris')).toBe('2026-10-25T01:59:59+02:00')
    expect(zoned('2026-03-29 02:30:00', 'Europe/Paris')).toBe('2026-03-29T02:30:00+01:00')
    expect(zoned('2026-03-29 03:00:00', 'Europe/Paris')).toBe('2026-03-29T03:00:00+02:00')
  })

  test.each([
    'Sun Nob 22 03:08:07 2026',
    'Sun Feb 30 03:08:07 2026',
    '2026-02-29 00:00:00',
    '2026-01-01 24:00:00',
    '2026-01-01',
    '03:08:07',
    'soon',
    '',
  ])('%j is none', (text) => {
    expect(zoned(text, 'UTC')).toBeUndefined()
    expect(wallTime(text)).toBeUndefined()
  })

  test('has no meaning in a place that nobody knows', () => {
    expect(zoned('2026-07-01T12:00:00', 'Mars/Olympus')).toBeUndefined()
    expect(zoned('2026-07-01T12:00:00', '+25:00')).toBeUndefined()
    expect([isZone('Mars/Olympus'), isZone('+25:00'), isZone('')]).toEqual([false, false, false])
    expect([isZone('Europe/Paris'), isZone('+02:00'), isZone('local'), isZone('utc')]).not.toContain(false)
  })

  test('without a place is that of the process', () => {
    const script = `import { zoned } from './src/idmefv2/zone.ts'; console.log(zoned('2026-11-22 03:08:07', 'local'))`
    const options = { encoding: 'utf8', env: { ...process.env, TZ: 'America/New_York' } } as const
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], options)
    expect(printed.trim()).toBe('2026-11-22T03:08:07-05:00')
  })

  test('is the instant whose clock shows it, at any time and place', () => {
    const zones = fc.constantFrom(
      'Europe/Paris',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'UTC',
    )
    const instants = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000)
    fc.assert(
      fc.property(zones, instants, (timeZone, at) => {
        const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
        const wall = parts.format(at)
        const found = Date.parse(zoned(wall, timeZone) ?? '')
        // In the hour that comes twice it may be the other one.
        expect(parts.format(found)).toBe(wall)
        expect(wallTime(wall)).toBe(Date.parse(`${wall.replace(' ', 'T')}Z`))
      }),
    )
  })
})
