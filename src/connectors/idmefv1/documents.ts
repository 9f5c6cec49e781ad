import { isFault, readDocument } from '../../idmefv1/document.ts'

/** The messages of a document, for whoever has one in a file. @throws {Error} saying why it is none */
export function documentRecords(bytes: Uint8Array): readonly unknown[] {
  const read = readDocument(bytes)
  if (isFault(read)) throw new Error(read.what)
  return read.messages
}
