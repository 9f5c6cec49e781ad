import { type Path, PathError, parsePath } from '../../mapping/path.ts'
import { matches, readSegments } from '../../mapping/select.ts'
import { textOf } from '../../mapping/truth.ts'

// Where the records are in what a tool answers or sends, and what names one of them; by the paths of the mapping language.

export function isPath(text: string): boolean {
  try {
    parsePath(text)
    return true
  } catch (error) {
    if (error instanceof PathError) return false
    throw error
  }
}

/** From one JSON value to its records: the list, or the one value, at the path. `undefined`: there is nothing there. */
export function recordsAt(text: string): (document: unknown) => readonly unknown[] | undefined {
  const path = parsePath(text)
  return (document) => {
    const found = valueAt(path, document)
    // Some tools have null for an empty list.
    if (found === null) return []
    return found === undefined || Array.isArray(found) ? found : [found]
  }
}

/** What the paths find in a record, as text; `undefined` where one of them finds nothing: the others may name several records. */
export function namesAt(texts: readonly string[]): (record: unknown) => readonly string[] | undefined {
  const paths = texts.map(parsePath)
  return (record) => {
    const found = paths.map((path) => valueAt(path, record) ?? undefined)
    if (found.includes(undefined)) return undefined
    return found.map((value) => textOf(value) ?? JSON.stringify(value) ?? '')
  }
}

function valueAt({ prefix, rest }: Path, document: unknown): unknown {
  const value = readSegments(document, prefix)
  return rest === undefined ? value : matches(value, rest)
}
