import type { Element } from '../../src/idmefv1/xml.ts'

/** A tree as text again: without prefixes, comments and blanks between elements, in no namespace, markup of others as text. */
export function serialise(element: Element): string {
  const { name, attributes, children, text, markup } = element
  let tag = name
  for (const [key, value] of attributes) tag += ` ${key}="${escaped(value)}"`
  const own = markup ?? (children.length > 0 && text.trim() === '' ? '' : text)
  if (own === '' && children.length === 0) return `<${tag}/>`
  return `<${tag}>${escaped(own)}${children.map(serialise).join('')}</${name}>`
}

const SPECIAL = /[&<>"\t\n\r]/g
const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Blanks too: a parser would make them ordinary blanks in an attribute, and one line end of two. */
function escaped(text: string): string {
  return text.replace(SPECIAL, (sign) => REFERENCES[sign] ?? `&#${sign.charCodeAt(0)};`)
}
