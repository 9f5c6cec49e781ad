import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Candidate,
  copies,
  FRONTIER_BYTES,
  fingerprint,
  HEAD_BYTES,
  looks,
  recognise,
} from '../../src/sources/identity.ts'
import { siblings } from '../../src/sources/siblings.ts'
import { Watermark } from '../../src/sources/watermark.ts'
import type { FileState } from '../../src/state/checkpoint.ts'

const bytesOf = (content: string | Uint8Array) => Buffer.from(content as string) // either is taken by Buffer.from

function candidate(content: string | Uint8Array, ino = '1', dev = '1'): Candidate {
  const bytes = bytesOf(content)
  return { dev, ino, size: bytes.length, ...looks((start, length) => bytes.subarray(start, start + length)) }
}

/** What is remembered of a file read up to `offset` when it held `content`. */
function state(content: string | Uint8Array, offset: number, ino = '1', dev = '1'): FileState {
  const bytes = bytesOf(content)
  return {
    connector: 'suricata',
    path: '/var/log/suricata/eve.json',
    file: '0123456789abcdef',
    dev,
    ino,
    head: fingerprint(bytes.subarray(0, HEAD_BYTES)),
    offset,
    frontier: fingerprint(bytes.subarray(Math.max(0, offset - FRONTIER_BYTES), offset)),
    size: bytes.length,
    changed: 0,
    seen: 0,
  }
}

const long = (seed: string) => Array.from({ length: 500 }, (_, n) => `${seed} line ${n}\n`).join('')

describe('a file is recognised', () => {
  const old = long('a')
  const known = state(old, 3000)

  test('when it has grown', () => {
    expect(recognise([candidate(`${old}more\n`)], [known])).toEqual([{ is: 'same', state: known }])
  })

  test('when it was short before, and its head has grown', () => {
    const short = state('a\nb\n', 2)
    expect(recognise([candidate(`a\nb\n${old}`)], [short])).toEqual([{ is: 'same', state: short }])
  })

  test('on a volume that was mounted under another device number', () => {
    expect(recognise([candidate(old, '1', '9')], [known])).toEqual([{ is: 'same', state: known }])
  })

  test('when it was copied, and its original is gone', () => {
    expect(recognise([candidate(old, '2', '9')], [known])).toEqual([{ is: 'same', state: known }])
  })

  test('and not its copy, while it is there itself, whichever comes first', () => {
    const [copy, self] = [candidate(old, '2'), candidate(old)]
    expect(recognise([copy, self], [known])).toEqual([{ is: 'new' }, { is: 'same', state: known }])
    expect(recognise([self, copy], [known])).toEqual([{ is: 'same', state: known }, { is: 'new' }])
  })

  test('in its copy, when it was truncated itself', () => {
    const self = candidate('new content\n')
    expect(recognise([self, candidate(old, '2')], [known])).toEqual([
      { is: 'new' },
      { is: 'same', state: known },
    ])
  })

  test('as shorter, when only its end is missing', () => {
    expect(recognise([candidate(old.slice(0, 2500))], [known])).toEqual([{ is: 'shorter', state: known }])
  })

  test('as replaced, when it is empty, has another head, or other bytes before the offset', () => {
    for (const content of ['', long('b'), old.slice(0, 2000) + long('c'), old.slice(0, 500)]) {
      expect(recognise([candidate(content)], [known])).toEqual([{ is: 'replaced', state: known }])
    }
  })

  test('by nothing but its inode while it is empty', () => {
    const empty = state('', 0)
    expect(recognise([candidate(old)], [empty])).toEqual([{ is: 'same', state: empty }])
    expect(recognise([candidate(old, '2')], [empty])).toEqual([{ is: 'new' }])
  })

  test('never by the content of another one: one changed byte before the offset or in the head is enough', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2999 }), (at) => {
        fc.pre(at < HEAD_BYTES || at >= 3000 - FRONTIER_BYTES)
        const bytes = Buffer.from(old)
        bytes[at] = (bytes[at] ?? 0) ^ 1
        expect(recognise([candidate(bytes)], [known])).toEqual([{ is: 'replaced', state: known }])
      }),
    )
  })
})

describe('a copy of a file that is being read', () => {
  const original = state(long('a'), 3000)

  test('is one while it is being written and when it is whole', () => {
    for (const size of [1024, 2000, 3000, original.size]) {
      expect(copies(candidate(long('a').slice(0, size), '2'), original)).toBe(true)
    }
  })

  test('is none when it differs, or has more', () => {
    expect(copies(candidate(`${long('a')}more\n`, '2'), original)).toBe(false)
    expect(copies(candidate(long('b'), '2'), original)).toBe(false)
    expect(copies(candidate('', '2'), original)).toBe(false)
    expect(copies(candidate(long('a'), '2'), state('', 0))).toBe(false)
  })
})

describe('rotated predecessors', () => {
  const names = (path: string, all: string[], changed = (_: string) => 0) =>
    siblings(path, all, changed).map(({ name }) => name)

  test('are ordered by count, the highest first', () => {
    expect(names('/l/eve.json', ['eve.json', 'eve.json.1', 'eve.json.10', 'eve.json.2'])).toEqual([
      'eve.json.10',
      'eve.json.2',
      'eve.json.1',
    ])
  })

  test('are ordered by date, before or after the extension', () => {
    expect(names('/l/eve.json', ['eve.json-20240301', 'eve.json-20231231', 'eve.json'])).toEqual([
      'eve.json-20231231',
      'eve.json-20240301',
    ])
    expect(names('/l/eve.json', ['eve-20240301.json', 'eve-20231231.json'])).toEqual([
      'eve-20231231.json',
      'eve-20240301.json',
    ])
  })

  test('of both kinds are ordered by their last change', () => {
    const times: Record<string, number> = { 'eve.json.1': 2, 'eve.json-20240101': 1 }
    expect(names('/l/eve.json', Object.keys(times), (name) => times[name] ?? 0)).toEqual([
      'eve.json-20240101',
      'eve.json.1',
    ])
  })

  test('are marked when they are compressed', () => {
    expect(siblings('/l/eve.json', ['eve.json.1', 'eve.json.2.gz'], () => 0)).toEqual([
      { name: 'eve.json.2.gz', compressed: true },
      { name: 'eve.json.1', compressed: false },
    ])
  })

  test('are none of the other files in a log directory', () => {
    const others = [
      'eve.json',
      'eve.json.old',
      'eve.json.1.bak',
      'eve.1.json',
      'eve2.json',
      'fast.log',
      'stats.log.1',
      'eve',
      'xeve.json.1',
    ]
    expect(names('/l/eve.json', others)).toEqual([])
  })
})

describe('the watermark', () => {
  test('gives pieces back in the order they were opened, each once, when all before them are finished', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), fc.infiniteStream(fc.boolean()), (order, opens) => {
        const watermark = new Watermark<number>()
        const open = []
        const finished = new Set<number>()
        const committed: number[] = []
        let next = 0
        for (const pick of order) {
          if (opens.next().value || open.length === 0) open.push(watermark.open(next++))
          const [ticket] = open.splice(pick % open.length, 1)
          if (!ticket) throw new Error('nothing open')
          finished.add(ticket.item)
          committed.push(...watermark.done(ticket))
          expect(watermark.size).toBe(next - committed.length)
          for (let n = 0; n < committed.length; n++) expect(committed[n]).toBe(n)
          expect(finished.has(committed.length)).toBe(false)
        }
        for (const ticket of open) committed.push(...watermark.done(ticket))
        expect(committed.length).toBe(next)
      }),
    )
  })
})
