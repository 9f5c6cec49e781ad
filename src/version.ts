import { readFileSync } from 'node:fs'
import { packaged } from './packaged.ts'

interface Package {
  version: string
  engines: { node: string }
}

const { version, engines } = JSON.parse(readFileSync(packaged('package.json'), 'utf8')) as Package // our own file

export const VERSION = version

/** What to say where this version of Node.js is too old for the program; nothing where it is not. */
export function outdated(node: string): string | undefined {
  const [wanted, found] = [numbersIn(engines.node), numbersIn(node)]
  const at = wanted.findIndex((number, place) => number !== found[place])
  if ((found[at] ?? 0) >= (wanted[at] ?? 0)) return undefined
  return `Node.js ${wanted.join('.')} or later is needed, this is ${node}`
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).slice(0, 3).map(Number)
}
