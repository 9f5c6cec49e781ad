import { dirname, join } from 'node:path/posix'
import { anchorsOf, linksOf } from './markdown.ts'
import type { Page } from './repository.ts'

/**
 * The relative links of `pages` that lead nowhere: to no file of `files` and no folder above one, or to no heading of
 * the page. Pure.
 */
export function brokenLinks(pages: readonly Page[], files: readonly string[]): string[] {
  const targets = new Set(files.flatMap((path) => [path, ...foldersOf(path)]))
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]))
  return pages.flatMap(({ path, text }) =>
    linksOf(text)
      .filter(({ target }) => !/^[a-z][a-z\d+.-]*:/i.test(target))
      .flatMap(({ target, line }) => {
        const [file = '', anchor] = target.split('#')
        const found = file === '' ? path : join(dirname(path), decodeURIComponent(file)).replace(/\/$/, '')
        if (!targets.has(found)) return [`${path}:${line}: ${target} leads to no file`]
        const missing = anchor !== undefined && anchors.get(found)?.has(anchor) !== true
        return missing ? [`${path}:${line}: ${target} leads to no heading`] : []
      }),
  )
}

function foldersOf(path: string): string[] {
  const folder = dirname(path)
  return folder === '.' ? ['.'] : [folder, ...foldersOf(folder)]
}
