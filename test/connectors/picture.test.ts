import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { picture } from '../../src/connectors/picture.ts'

const base = mkdtempSync(join(tmpdir(), 'picture-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const directory = join(base, 'motion')
const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(60, 'x')])
mkdirSync(join(directory, 'cam-a'), { recursive: true })
mkdirSync(join(base, 'motion-other'))
const put = (path: string, bytes: Buffer | string) => {
  writeFileSync(join(base, path), bytes)
  return join(base, path)
}
const inside = put('motion/cam-a/1.jpg', JPEG)
const outside = put('motion-other/2.jpg', JPEG)

const look = (paths: unknown, maxBytes: unknown = 1024, within: unknown = directory) =>
  picture('Picture', paths, within, undefined, maxBytes)

test('a picture in the directory is attached with its size and hash', () => {
  expect(look(inside)).toEqual({
    Name: 'Picture',
    FileName: inside,
    ContentType: 'image/jpeg',
    ContentEncoding: 'base64',
    Size: JPEG.length,
    Hash: [`sha-256:${createHash('sha256').update(JPEG).digest('hex')}`],
    Content: JPEG.toString('base64'),
  })
  expect(look('cam-a/1.jpg')).toMatchObject({ FileName: 'cam-a/1.jpg', Size: JPEG.length })
})

test('the first path that is there counts', () => {
  expect(look([join(directory, 'no.jpg'), inside, outside])).toMatchObject({
    FileName: inside,
    Size: JPEG.length,
  })
  expect(look([join(directory, 'no.jpg'), outside])).not.toHaveProperty('Content')
})

test.each([
  ['beside the directory', () => outside],
  ['beside it by dots', () => join(directory, 'cam-a/../../motion-other/2.jpg')],
  ['beside it by dots that are kept', () => `${directory}/cam-a/../../motion-other/2.jpg`],
  ['behind a link', () => link('file.jpg', outside)],
  ['behind a link to a folder', () => join(link('folder', join(base, 'motion-other')), '2.jpg')],
  ['above the directory', () => base],
])('a file %s is not attached', (_, path) => {
  expect(look(path())).toMatchObject({ Note: 'not attached: the file is not in the directory' })
  expect(look(path())).not.toHaveProperty('Content')
})

test('the directory may be a link itself, and a link may lead into it', () => {
  const alias = join(base, 'alias')
  symlinkSync(directory, alias)
  expect(look(join(alias, 'cam-a/1.jpg'), 1024, alias)).toHaveProperty('Content')
  expect(look(link('into.jpg', inside))).toHaveProperty('Content')
})

test.each([
  ['a folder', () => join(directory, 'cam-a'), 'it is no regular file'],
  ['a pipe, which nobody writes to', () => pipe('pipe.jpg'), 'it is no regular file'],
  ['what is not there', () => join(directory, 'no.jpg'), 'the file is not there'],
  ['a text with the name of a picture', () => put('motion/text.jpg', 'root:x:0:0:'), 'it is no picture'],
  ['an empty file', () => put('motion/empty.jpg', ''), 'it is no picture'],
  ['a circle of links', () => link('circle.jpg', join(directory, 'circle.jpg')), 'it cannot be read (ELOOP)'],
  ['a name that cannot be one', () => `${directory}/\0.jpg`, 'it cannot be read (ERR_INVALID_ARG_VALUE)'],
])('%s is not attached, and why is said', (_, path, reason) => {
  const attachment = look(path())
  expect(attachment).toMatchObject({ Name: 'Picture', Note: `not attached: ${reason}` })
  expect(attachment).not.toHaveProperty('Content')
})

test.skipIf(process.getuid?.() === 0)('nor is what may not be read', () => {
  const path = put('motion/secret.jpg', JPEG)
  chmodSync(path, 0)
  expect(look(path)).toMatchObject({ Note: 'not attached: it cannot be read (EACCES)' })
})

test('a picture that is too large is told with its size', () => {
  expect(look(inside, JPEG.length)).toHaveProperty('Content')
  const attachment = look(inside, JPEG.length - 1)
  expect(attachment).toMatchObject({ Size: JPEG.length, Note: 'not attached: it is larger than 63 bytes' })
  expect(attachment).not.toHaveProperty('Content')
})

test('nothing is read without a directory, or unasked; the address is told', () => {
  const told = {
    Name: 'Film',
    FileName: '/etc/passwd.mkv',
    ContentType: 'video/x-matroska',
    ExternalURI: 'https://a/b',
  }
  expect(picture('Film', '/etc/passwd.mkv', undefined, 'https://a/b', 1024)).toMatchObject(told)
  expect(picture('Film', '/etc/passwd.mkv', '/etc', 'https://a/b', undefined)).toMatchObject(told)
  expect(look(inside, null)).toMatchObject({ Size: undefined, Note: undefined })
})

test('without a path there is no attachment', () => {
  for (const odd of [undefined, null, '', 7, {}, [], [null], ['']]) expect(look(odd)).toBeUndefined()
})

function link(name: string, to: string): string {
  const path = join(directory, name)
  rmSync(path, { force: true })
  symlinkSync(to, path)
  return path
}

function pipe(name: string): string {
  const path = join(directory, name)
  rmSync(path, { force: true })
  execFileSync('mkfifo', [path])
  return path
}
