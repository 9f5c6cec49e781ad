import type { Element } from '../../idmefv1/xml.ts'

/** Longer than any word of the DTD: what is cut off decides nothing. */
const MAX_VALUE = 64

/**
 * All of a document that a DTD judges, as XML: which elements lie in which, their attributes, and where there is text. The text
 * itself is left out, and every element stands in the line in which it stands in the document.
 */
export function outline(root: Element): string {
  const parts: string[] = []
  let line = 1
  const tell = ({ name, attributes, children, text, markup, ...element }: Element): void => {
    parts.push('\n'.repeat(Math.max(0, element.line - line)), '<', name)
    line = Math.max(line, element.line)
    for (const [key, value] of attributes) parts.push(' ', key, '="', escaped(value), '"')
    parts.push('>')
    if ((markup ?? text).trim() !== '') parts.push('text')
    for (const child of children) tell(child)
    parts.push('</', name, '>')
  }
  tell(root)
  return parts.join('')
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
