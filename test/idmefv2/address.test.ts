import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { address, ipv6 } from '../../src/idmefv2/address.ts'

describe('an IPv6 address', () => {
  // RFC 5952 sections 4 and 5, and the corners of RFC 4291 section 2.2.
  it.each([
    ['2001:0DB8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
    ['fe80::1%eth0', 'fe80::1'],
    ['FE80::1%25', 'fe80::1'],
  ])('%s is written %s', (text, expected) => {
    expect(ipv6(text)).toBe(expected)
  })

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:',
    ':1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
  ])('is not %j', (text) => expect(ipv6(text)).toBeUndefined())

  it.each([
    '::1/128',
    'fe80::1%eth0/64',
    '[::1]',
    '12345::',
    '::g',
    '::1.2.3',
    '::01.2.3.4',
    '1.2.3.4::',
    '%eth0',
  ])('is not %j', (text) => expect(ipv6(text)).toBeUndefined())

  it('has the text that URL gives it, whatever way it was written', () => {
    const group = fc.oneof(fc.constant(0), fc.nat(0xffff))
    const word = fc.tuple(group, fc.boolean(), fc.boolean()).map(([value, isPadded, isUpper]) => {
      const text = value.toString(16).padStart(isPadded ? 4 : 1, '0')
      return isUpper ? text.toUpperCase() : text
    })
    const whole = fc.array(word, { minLength: 8, maxLength: 8 }).map((words) => words.join(':'))
    const gapped = fc
      .tuple(fc.array(word, { maxLength: 7 }), fc.nat(7))
      .map(([words, at]) => `${words.slice(0, at).join(':')}::${words.slice(at).join(':')}`)
    fc.assert(
      fc.property(fc.oneof(whole, gapped, fc.ipV6()), (text) => {
        const ours = ipv6(text) ?? ''
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1)
        // URL writes mapped addresses in hexadecimal, so ours is compared after another reading.
        const isMapped = ours.startsWith('::ffff:') && ours.includes('.')
        expect(isMapped ? new URL(`http://[${ours}]/`).hostname.slice(1, -1) : ours).toBe(canonical)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('an address', () => {
  it('is what node:net takes for one, as long as there is no zone', () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '01',
      '255',
      '256',
      'f',
      'ffff',
      '10000',
      '.',
      ':',
      '::',
      '1.2.3.4',
    )
    const pieces = fc.array(piece, { maxLength: 16 }).map((parts) => parts.join(''))
    const quad = fc.array(fc.constantFrom('0', '00', '9', '10', '099', '255', '256', ''), { maxLength: 5 })
    const text = fc.oneof(
      pieces,
      quad.map((parts) => parts.join('.')),
      fc.ipV4(),
      fc.ipV6(),
      fc.string(),
    )
    fc.assert(
      fc.property(
        text.filter((made) => !made.includes('%')),
        (made) => {
          expect(address(made) !== undefined).toBe(isIPv4(made) || isIPv6(made))
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('stays the same when it is read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = address(text)
        expect(once).toBeDefined()
        expect(address(once ?? '')).toBe(once)
      }),
    )
  })
})
