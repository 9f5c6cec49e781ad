import { homedir } from 'node:os'
import { type Page, ROOT } from './repository.ts'

// What a developer's machine leaves behind in a file: it leads others nowhere, and tells where the file was made.

const REGISTRY = /https?:\/\/[\w.-]*(?:registry|npmjs|artifactory|verdaccio)[\w.-]*/i
/** A user of one letter is an example. */
const HOME = /(?:^|[\s"'`(=:])(?:\/(?:home|Users|work)\/[\w.-]{2,}\/[\w./-]+|[A-Z]:\\Users\\[\w.-]+)/

/** Short ones (`/`, `/root`) are everyone's. */
const OWN = [ROOT, homedir()].filter((path) => path.split('/').length > 2)

/** Addresses of package registries and paths of this or another developer's machine, each with its place. Pure. */
export function traces(files: readonly Page[], own: readonly string[] = OWN): string[] {
  return files.flatMap(({ path, text }) => {
    if (text.includes('\0')) return []
    return text.split('\n').flatMap((line, index) => {
      const found =
        REGISTRY.exec(line)?.[0] ?? HOME.exec(line)?.[0] ?? own.find((each) => line.includes(each))
      return found === undefined ? [] : [`${path}:${index + 1}: ${found.trim()}`]
    })
  })
}
