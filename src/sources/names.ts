import { isUtf8 } from 'node:buffer'

// A file name is bytes, and whoever names a file chooses them: in a tree that holds what others sent, some are no UTF-8. As
// text such a name has each byte beyond ASCII as half a surrogate pair, U+DC80 to U+DCFF, which no UTF-8 gives.

const HALF = 0xdc00

export function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : HALF + byte)).join('')
}

/** The path for the file system, with names as `nameOf` gives them. */
export function pathOf(path: string): string | Buffer {
  if (path.isWellFormed()) return path
  const bytes = [...path].map((character) => {
    const half = character.charCodeAt(0)
    return character.length === 1 && half >= HALF + 0x80 && half <= HALF + 0xff
      ? Buffer.of(half - HALF)
      : Buffer.from(character)
  })
  return Buffer.concat(bytes)
}
