import assert from 'node:assert/strict'
import { loadJudge } from '../../../src/gateway/dtd/validate.ts'
import { encode } from '../../../src/gateway/prelude/encode.ts'
import { framed, priorityOf, TAG } from '../../../src/gateway/prelude/frames.ts'
import { isFault, readDocument, readText } from '../../../src/idmefv1/document.ts'
import { classOf } from '../../../src/idmefv1/model.ts'
import type { Message } from '../../../src/idmefv1/record.ts'
import { instantOf } from '../../../src/idmefv1/time.ts'
import type { Json } from '../../../src/types.ts'
import { decode, type Value } from '../../gateway/decode.ts'
import { serialise } from '../../idmefv1/serialise.ts'
import type { Target } from '../target.ts'

const judge = await loadJudge()

export const target: Target = {
  tokens: [
    '<Alert>',
    '</Alert>',
    '<Analyzer>',
    '<Heartbeat messageid="h"/>',
    '<AdditionalData type="xmltext"><xmltext><a/></xmltext></AdditionalData>',
    '<Service ip_version="6"><port>80</port></Service>',
    '<!DOCTYPE x [<!ENTITY e "e">]>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '&#x10FFFF;',
    '&#xD800;',
    '&amp;',
    ' xmlns="urn:iana:xml:ns:idmef"',
    ' xmlns:v="urn:v"',
    '<v:a>',
    ' ntpstamp="0xe2551126.0x7d2f1a9f"',
    ' encoding="utf-16"',
    '\ufeff',
    '99999999999999999999',
    '\r\n',
    '__proto__',
  ],
  seeds: () => [],
  check(input) {
    const read = readDocument(input)
    if (isFault(read)) {
      assert.ok(read.what !== '', 'refused for no reason')
      return
    }
    for (const message of read.messages) {
      const { idmef, unknown, ...fields } = message
      checkClass(fields, idmef)
      assert.ok(unknown === undefined || Array.isArray(unknown))
      checkEncoded(message)
    }
    for (const fault of judge(read.root) ?? []) assert.match(fault, /^\/IDMEF-Message.* \(line \d+\): ./)
    const again = readText(serialise(read.root))
    assert.ok(!isFault(again), isFault(again) ? again.what : '')
    assert.deepEqual(again.messages.map(known), read.messages.map(known))
  },
}

/** A manager refuses a message whole for an empty text, and for a frame that is not as long as it says. */
function checkEncoded(message: Message): void {
  const content = encode(message)
  const values = (value: Value): readonly Value[] => [value, ...(value.inner ?? []).flatMap(values)]
  for (const { bytes, inner } of values(decode(content)))
    assert.ok(inner || bytes.length > 0, 'an empty value')
  const frames = framed(TAG.idmef, priorityOf(message), content)
  assert.ok(frames.every((frame) => frame.length === 16 + frame.readUInt32BE(4) && frame.length <= 16 + 8192))
  assert.ok(Buffer.concat(frames.map((frame) => frame.subarray(16))).equals(content), 'frames lose something')
}

/** Paths to what is unknown may tell blanks that are not there any more. */
const known = ({ unknown: _, ...message }: { [field: string]: Json }) => message

function checkClass(value: Json, name: string): void {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), `${name} is no object`)
  for (const [key, content] of Object.entries(value)) {
    const field = classOf(name).fields.get(key)
    assert.ok(field, `${name} has no ${key}`)
    assert.equal(Array.isArray(content), field.list, `${name}.${key}: a list or not`)
    for (const one of [content].flat()) {
      if (field.form === 'class')
        checkClass(one as Json, field.class) // `flat` gives unknown depths
      else if (field.form === 'time') assert.ok(instantOf(one as object), `${name}.${key} is no time`)
      else if (field.values) assert.ok(field.values.words.includes(String(one)), `${name}.${key}: ${one}`)
      else checkScalar(field.form, one)
    }
  }
}

const MOST: Readonly<Record<string, bigint>> = {
  u8: 0xffn,
  u16: 0xffffn,
  u32: 0xffff_ffffn,
  u64: 2n ** 64n - 1n,
}

function checkScalar(form: string, value: unknown): void {
  const most = MOST[form]
  if (most !== undefined)
    assert.ok(BigInt(value as number) >= 0n && BigInt(value as number) <= most, `${value}`)
  else if (form === 'i32') assert.equal(value, (value as number) | 0)
  else assert.equal(typeof value, form === 'real' ? 'number' : 'string', form)
}
