import { SaxesParser, type SaxesTagNS } from 'saxes'
import { DocumentError } from './fault.ts'

/** An element of IDMEFv1, without prefix; those of other namespaces are left out with all that is in them. */
export interface Element {
  name: string
  /** Those without a namespace: `xml:lang` and what belongs to others is left out. */
  attributes: ReadonlyMap<string, string>
  children: readonly Element[]
  /** All character data directly in it, whatever stands between its parts. */
  text: string
  /** Of `xml` and `xmltext`, which hold markup of anyone: what stands in them, as it is written. */
  markup?: string
  line: number
}

/** RFC 4765, the draft before it, and none, as prelude-manager writes it. */
const NAMESPACES: readonly string[] = ['http://iana.org/idmef', 'urn:iana:xml:ns:idmef', '']

/** In these anything may stand (RFC 4765 section 3.2.11; the draft before it said `xml`). */
const OPAQUE: readonly string[] = ['xml', 'xmltext']

/** The model is 9 deep; File and Linkage may hold one another, and Analyzers may. */
const MAX_DEPTH = 64
/** An alert with every class has some 150. */
const MAX_ELEMENTS = 100_000
const MAX_ATTRIBUTES = 32

/** Signs that may be in a name and not be its first, which the parser takes behind a prefix. */
const NO_START = /^(?:[-.\d\u00b7\u203f\u2040]|[\u0300-\u036f])/

/**
 * The tree of a document. No entity but the predefined ones and character references, and no DOCTYPE with an internal
 * subset: with nothing to expand, what comes out is never more than what went in. Nothing outside of the text is looked at.
 *
 * @throws {DocumentError}
 */
export function parse(text: string): Element {
  const builder = new Builder(text)
  return builder.build()
}

/** Most elements have none. */
const NONE: ReadonlyMap<string, string> = new Map()

interface Open extends Element {
  children: Element[]
  /** Where its content begins. */
  start: number
}

class Builder {
  readonly #text: string
  readonly #parser = new SaxesParser({
    xmlns: true,
    position: true,
    // Version 1.1 has nothing to offer here but control characters.
    forceXMLVersion: true,
    defaultXMLVersion: '1.0',
  })
  readonly #open: Open[] = []
  /** Elements open within one of another namespace, it included, or within one that is opaque. */
  #passed = 0
  #elements = 0
  /** Of the tag that is being read. */
  #attributes = 0
  #root: Element | undefined

  constructor(text: string) {
    this.#text = text
  }

  build(): Element {
    // Six at most: with a seventh, V8 keeps the parser's fields in a dictionary, and all of it takes three times as long. So there
    // is none for errors, which it throws then.
    const parser = this.#parser
    parser.on('doctype', (doctype) => {
      if (doctype.includes('[')) this.#refuse('a DOCTYPE with declarations of its own is not taken')
    })
    parser.on('attribute', () => {
      this.#attributes += 1
      if (this.#attributes > MAX_ATTRIBUTES) this.#refuse(`more than ${MAX_ATTRIBUTES} attributes`)
    })
    parser.on('opentag', (tag) => this.#begin(tag))
    parser.on('closetag', () => this.#end())
    parser.on('text', (text) => this.#add(text))
    parser.on('cdata', (text) => this.#add(text))
    try {
      parser.write(this.#text).close()
    } catch (error) {
      // Its own are of no class of their own.
      if (!(error instanceof Error) || error.name !== 'Error') throw error
      this.#refuse(error.message.replace(/^\d+:\d+: /, ''))
    }
    return this.#root ?? this.#refuse('there is no element')
  }

  #begin({ local, uri, attributes }: SaxesTagNS): void {
    this.#elements += 1
    this.#attributes = 0
    if (this.#elements > MAX_ELEMENTS) this.#refuse(`more than ${MAX_ELEMENTS} elements`)
    const parent = this.#open.at(-1)
    if (this.#open.length + this.#passed >= MAX_DEPTH)
      this.#refuse(`elements lie more than ${MAX_DEPTH} deep`)
    if (this.#passed > 0 || (parent !== undefined && OPAQUE.includes(parent.name)) || !isOurs(uri)) {
      if (parent === undefined) this.#refuse(`the namespace ${JSON.stringify(uri)} is not that of IDMEF`)
      this.#passed += 1
      return
    }
    if (NO_START.test(local)) this.#refuse(`no name begins as ${JSON.stringify(local)} does`)
    const { line, position } = this.#parser
    const own = ownOf(attributes)
    this.#open.push({ name: local, attributes: own, children: [], text: '', line, start: position })
  }

  #end(): void {
    if (this.#passed > 0) {
      this.#passed -= 1
      const holder = this.#open.at(-1)
      if (this.#passed === 0 && holder !== undefined && OPAQUE.includes(holder.name)) holder.markup = ''
      return
    }
    const element = this.#open.pop()
    if (element === undefined) return
    // Up to the tag that has just been read.
    if (element.markup !== undefined)
      element.markup = this.#text.slice(
        element.start,
        this.#text.lastIndexOf('</', this.#parser.position - 1),
      )
    const parent = this.#open.at(-1)
    if (parent) parent.children.push(element)
    else this.#root = element
  }

  #add(text: string): void {
    const element = this.#open.at(-1)
    if (element !== undefined && this.#passed === 0) element.text += text
  }

  #refuse(what: string): never {
    const { line, column } = this.#parser
    const path = this.#open.map(({ name }) => `/${name}`).join('')
    throw new DocumentError('malformed', `${path || '/'} (line ${line}, column ${column}): ${what}`)
  }
}

function isOurs(uri: string): boolean {
  return NAMESPACES.includes(uri)
}

function ownOf(attributes: SaxesTagNS['attributes']): ReadonlyMap<string, string> {
  let own: Map<string, string> | undefined
  // The object has no prototype. To make a list of its values would cost a fifth of the parsing.
  for (const name in attributes) {
    const attribute = attributes[name]
    if (attribute?.uri === '') own = (own ?? new Map()).set(attribute.local, attribute.value)
  }
  return own ?? NONE
}
