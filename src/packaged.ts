import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The path of a file that is shipped beside the program: in a checkout, and in the installed package. */
export function packaged(path: string): string {
  const places = [new URL(`../${path}`, import.meta.url), new URL(`../../${path}`, import.meta.url)]
  const found = places.find((place) => existsSync(place))
  if (found === undefined) throw new Error(`${path} is missing from this installation`)
  return fileURLToPath(found)
}
