import { readFile } from 'node:fs/promises'
import type { ErrorDetail } from 'libxml2-wasm'
import type { Element } from '../../idmefv1/xml.ts'
import { outline } from './outline.ts'

/** Why a document is not valid: the first of its faults, each with its element. Undefined when it is. */
export type Judge = (root: Element) => readonly string[] | undefined

const DTD = new URL('idmef.dtd', import.meta.url)

/** Enough to mend a document by; the sender reads them in the answer. */
const MAX_FAULTS = 10
/** What is expected of an Alert takes 230. */
const MAX_FAULT_LENGTH = 500

/**
 * Judges documents by `idmef.dtd`, as their sender wrote them but for namespaces. What libxml2 reads is the outline of a tree that
 * was parsed before, so that no DOCTYPE, entity or text of a sender ever gets there. It is loaded here and nowhere else, and
 * keeps the memory of the largest document (some 100 bytes an element), not of each.
 */
export async function loadJudge(): Promise<Judge> {
  const { DtdValidator, ParseOption, XmlDocument, XmlDtd, XmlLibError } = await import('libxml2-wasm')
  const validator = new DtdValidator(XmlDtd.fromBuffer(await readFile(DTD)))
  const option = ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_BIG_LINES

  return (root) => {
    try {
      using document = XmlDocument.fromBuffer(Buffer.from(outline(root)), { option })
      validator.validate(document)
      return undefined
    } catch (error) {
      if (error instanceof XmlLibError) return error.details.slice(0, MAX_FAULTS).map(faultIn)
      throw error
    }
  }
}

function faultIn({ xpath = '/', line, message }: ErrorDetail): string {
  const text = message.trim()
  const cut = text.length > MAX_FAULT_LENGTH ? `${text.slice(0, MAX_FAULT_LENGTH)}…` : text
  return `${xpath} (line ${line}): ${cut}`
}
