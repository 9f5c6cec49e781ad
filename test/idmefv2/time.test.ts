import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromEpoch, timestamp } from '../../src/idmefv2/time.ts'

describe('a timestamp', () => {
  it.each([
    ['2026-04-26T10:00:00Z', '2026-04-26T10:00:00Z'],
    ['2026-04-26t10:00:00z', '2026-04-26T10:00:00Z'],
    ['2026-04-26 10:00:00+05:30', '2026-04-26T10:00:00+05:30'],
    ['2017-03-24T16:26:09.123456+0000', '2017-03-24T16:26:09.123456Z'],
    ['2026-04-26T10:00:00-00:00', '2026-04-26T10:00:00Z'],
    ['2026-04-26T10:00:00-0330', '2026-04-26T10:00:00-03:30'],
    ['2026-04-26T10:00:00+02', '2026-04-26T10:00:00+02:00'],
    ['2026-04-26 10:00:00 +0200', '2026-04-26T10:00:00+02:00'],
    ['2026-04-26T10:00:11,1011041Z', '2026-04-26T10:00:11.1011041Z'],
    ['2026-04-26T10:00:00.1234567891Z', '2026-04-26T10:00:00.123456789Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59Z'],
    ['2016-12-31T23:59:60.5+01:00', '2016-12-31T23:59:59.5+01:00'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['2400-02-29T00:00:00Z', '2400-02-29T00:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ])('%s is written %s', (text, expected) => {
    expect(timestamp(text)).toBe(expected)
  })

  it.each([
    ['no zone', '2026-04-26T10:00:00'],
    ['no seconds', '2026-04-26T10:00Z'],
    ['no time', '2026-04-26'],
    ['hour 24', '2026-04-26T24:00:00Z'],
    ['minute 60', '2026-04-26T10:60:00Z'],
    ['second 61', '2026-04-26T10:00:61Z'],
    ['month 0', '2026-00-10T10:00:00Z'],
    ['month 13', '2026-13-10T10:00:00Z'],
    ['day 0', '2026-04-00T10:00:00Z'],
    ['31 April', '2026-04-31T10:00:00Z'],
    ['30 February', '2024-02-30T10:00:00Z'],
    ['29 February of a common year', '2026-02-29T10:00:00Z'],
    ['29 February 1900', '1900-02-29T10:00:00Z'],
    ['a point without digits', '2026-04-26T10:00:00.Z'],
    ['an offset of a day', '2026-04-26T10:00:00+24:00'],
    ['an offset of three digits', '2026-04-26T10:00:00+020'],
    ['an offset that ends in a colon', '2026-04-26T10:00:00+02:'],
    ['text after it', '2026-04-26T10:00:00Zulu'],
    ['the name of a zone', '2026-04-26T10:00:00 UTC'],
    ['one digit in the month', '2026-4-26T10:00:00Z'],
    ['words', 'yesterday'],
    ['nothing', ''],
  ])('is not one with %s', (_, text) => {
    expect(timestamp(text)).toBeUndefined()
  })

  it('names the same moment before and after', () => {
    const part = (max: number) => fc.nat(max).map((value) => String(value).padStart(2, '0'))
    const day = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    const zone = fc.tuple(fc.constantFrom('+', '-'), part(23), fc.constantFrom(':', ''), part(59))
    fc.assert(
      fc.property(
        day,
        fc.constantFrom('T', 't', ' '),
        zone,
        (date, between, [sign, hours, colon, minutes]) => {
          const local = date.toISOString().slice(0, -1)
          const made = timestamp(`${local.replace('T', between)}${sign}${hours}${colon}${minutes}`) ?? ''
          expect(Date.parse(made)).toBe(Date.parse(`${local}${sign}${hours}:${minutes}`))
        },
      ),
    )
  })

  it('exists for the same days as in the calendar', () => {
    for (const year of ['1900', '2000', '2023', '2024']) {
      for (let index = 0; index < 14 * 33; index++) {
        const month = String(Math.floor(index / 33)).padStart(2, '0')
        const text = `${year}-${month}-${String(index % 33).padStart(2, '0')}T00:00:00.000Z`
        const date = new Date(text)
        const exists = !Number.isNaN(date.getTime()) && date.toISOString() === text
        expect(timestamp(text), text).toBe(exists ? text : undefined)
      }
    }
  })
})

describe('seconds since 1970', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1_777_197_600, '2026-04-26T10:00:00Z'],
    [1_777_197_600.5, '2026-04-26T10:00:00.500Z'],
    [1_777_197_600.123456, '2026-04-26T10:00:00.123456Z'],
    [1_777_197_601 - 2 ** -22, '2026-04-26T10:00:01Z'],
    [1_777_197_600_123, '2026-04-26T10:00:00.123Z'],
    [99_999_999_999, '5138-11-16T09:46:39Z'],
    [100_000_000_000, '1973-03-03T09:46:40Z'],
    [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
  ])('%d are %s', (value, expected) => {
    expect(fromEpoch(value)).toBe(expected)
  })

  it.each([-1, -0.1, 253_402_300_800_000, 1.777e18, Number.NaN, Number.POSITIVE_INFINITY])(
    'are not %d',
    (value) => expect(fromEpoch(value)).toBeUndefined(),
  )
})
