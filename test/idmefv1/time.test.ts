import { describe, expect, test } from 'vitest'
import { instantIn, instantOf, ntpIn, rfc3339, writtenInstantOf } from '../../src/idmefv1/time.ts'

const told = (stamp: { time?: string; ntpstamp?: string }) => {
  const instant = instantOf(stamp)
  return instant && rfc3339(instant)
}

test.each([
  ['2020-04-30T08:56:06Z', '2020-04-30T08:56:06Z'],
  ['2020-04-30T10:56:06.250000+02:00', '2020-04-30T10:56:06.25+02:00'],
  ['2000-03-09T10:01:25,93464-05:00', '2000-03-09T10:01:25.93464-05:00'],
  ['2000-03-09 10:01:25-0500', '2000-03-09T10:01:25-05:00'],
  ['2000-03-09T24:00:00Z', '2000-03-10T00:00:00Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
  ['2000-03-09', '2000-03-09T00:00:00Z'],
  ['2000-03-09T10:01:25', '2000-03-09T10:01:25Z'],
])('%s is %s', (time, expected) => expect(told({ time })).toBe(expected))

test.each(['', 'yesterday', '2000-02-30', '2000-13-01', '2000-03-09T24:00:01Z', '2000-03-09T10:01:25+25:00'])(
  '%j is no time',
  (time) => expect(instantIn(time)).toBeUndefined(),
)

describe('where text and NTP timestamp are both there', () => {
  test('the NTP timestamp counts when they differ', () => {
    expect(told({ time: '2020-04-30T10:00:00+02:00', ntpstamp: '0xe2551126.0x80000000' })).toBe(
      '2020-04-30T10:56:06.5+02:00',
    )
  })

  test('and is the more exact one when they do not', () => {
    expect(told({ time: '2020-04-30T08:56:06Z', ntpstamp: '0xe2551126.0x7d2f1a9f' })).toBe(
      '2020-04-30T08:56:06.489Z',
    )
  })

  test('the text counts for those who go by it', () => {
    const ntpstamp = '0xe2551126.0x7d2f1a9f'
    expect(writtenInstantOf({ time: '2020-04-30T10:00:00+02:00', ntpstamp })).toEqual({
      seconds: 1588233600,
      nanos: 0,
      offset: 7200,
    })
    expect(writtenInstantOf({ ntpstamp })?.nanos).toBe(489_000_000)
  })

  test('the text alone when the other is none', () => {
    expect(told({ time: '2020-04-30T08:56:06Z', ntpstamp: 'zero' })).toBe('2020-04-30T08:56:06Z')
  })
})

test('an NTP timestamp of the second era is after February 2036', () => {
  expect(told({ ntpstamp: '0x00000000.0x0' })).toBe('2036-02-07T06:28:16Z')
  expect(told({ ntpstamp: '0x80000000.0xffffffff' })).toBe('1968-01-20T03:14:09Z')
})

test('an NTP timestamp is carried as 64 bits', () => {
  expect(ntpIn('0xe2551126.0x7d2f1a9f')).toBe(0xe25511267d2f1a9fn)
  expect(ntpIn('1.2')).toBeUndefined()
})
