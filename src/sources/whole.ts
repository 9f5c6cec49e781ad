import { loadSimdjson } from '../simdjson.ts'

/** Whether a text is one JSON value, all of it. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // Half a document, or none.
    return false
  }
}

/**
 * `isJson`, or the same faster. simdjson refuses some of what JSON is: lone surrogates, numbers beyond a double, more than
 * 1024 levels. So what it refuses is asked again; what it takes is JSON.
 * @throws {Error} when the addon cannot be used
 */
export function checkBy(name: 'json' | 'simdjson'): typeof isJson {
  if (name === 'json') return isJson
  const { isValid } = loadSimdjson()
  return (text) => isValid(text) || isJson(text)
}
