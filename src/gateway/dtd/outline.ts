import type { Element } from '../../idmefv1/xml.ts'

/** Longer than any word of the DTD: what is cut off decides nothing. */
const MAX_VALUE = 64

/**
 * All of a document that a DTD judges, as XML: which elements lie in which, their attributes, and where there is text. The text
 * itself is left out, and every element stands in the line in which it stands in the document.
 */
export function outline(root: Element): string {
  let xml = ''
  let line = 1
  const tell = (element: Element): void => {
    const { name, attributes, children, text, markup } = element
    if (element.line > line) {
      xml += '\n'.repeat(element.line - line)
      line = element.line
    }
    xml += `<${name}`
    for (const [key, value] of attributes) xml += ` ${key}="${escaped(value)}"`
    xml += '>'
    if ((markup ?? text).trim() !== '') xml += 'text'
    for (const child of children) tell(child)
    xml += `</${name}>`
  }
  tell(root)
  return xml
}

const SPECIAL = /[&<"\s]/g
const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' }

/** A word may have blanks around it, of which a parser that knows the DTD tells nothing. */
function escaped(value: string): string {
  return value
    .trim()
    .slice(0, MAX_VALUE)
    .replace(SPECIAL, (sign) => REFERENCES[sign] ?? `&#${sign.charCodeAt(0)};`)
}
