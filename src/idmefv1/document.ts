import { textOf } from './charset.ts'
import { DocumentError, type Fault } from './fault.ts'
import { type Message, messageOf } from './record.ts'
import { type Element, parse } from './xml.ts'

export interface Document {
  /** In the order of the document; an IDMEF-Message may hold none. */
  messages: readonly Message[]
  root: Element
}

const MESSAGES: readonly string[] = ['Alert', 'Heartbeat']

/** Every message of a document, or why there is none. The charset is that of its Content-Type, where it says one. */
export function readDocument(bytes: Uint8Array, charset?: string): Document | Fault {
  return refusable(() => documentIn(textOf(bytes, charset)))
}

/** The same of a text, whose XML declaration may say what it likes. */
export function readText(text: string): Document | Fault {
  return refusable(() => documentIn(text))
}

export function isFault(read: Document | Fault): read is Fault {
  return 'kind' in read
}

function refusable(read: () => Document): Document | Fault {
  try {
    return read()
  } catch (error) {
    if (error instanceof DocumentError) return error.fault
    throw error
  }
}

function documentIn(text: string): Document {
  const root = parse(text)
  if (root.name !== 'IDMEF-Message')
    throw new DocumentError('malformed', `/${root.name}: an IDMEF-Message was expected`)
  const counts: Record<string, number> = {}
  const messages = root.children
    .filter(({ name }) => MESSAGES.includes(name))
    .map((element) => {
      const nth = (counts[element.name] ?? 0) + 1
      counts[element.name] = nth
      return messageOf(element, `/IDMEF-Message/${element.name}[${nth}]`)
    })
  return { messages, root }
}
