import { basename, dirname, relative } from 'node:path/posix'
import type { Row } from '../../test/faults/rows.ts'
import type { Page } from './repository.ts'

// Which test proves which row of a matrix: of faults (F) or of risks (S, for security). A test says so itself: its name, or that
// of the group it stands in, begins with `F14: ` (or `F12, F13: `).

export type Matrix = 'F' | 'S'

/** A test by the file it stands in; `isSkipped` where its name says why it cannot be. */
export interface Proof {
  row: number
  /** Empty for a test that has the row in its own name. */
  group: string
  name: string
  path: string
  isSkipped: boolean
}

interface Call {
  indent: number
  name: string
  isGroup: boolean
  isSkipped: boolean
}

/** `describe`, `test` or `it` at the start of a line and its name, whatever `.each(…)` or `.skipIf(…)` stands between. */
const CALL =
  /^( *)(describe|test|it)((?:\.\w+)*)\((?:(?:[^\n]|\n(?!\1[^\s\])]))*?\)\()??\s*(['"`])((?:\\.|(?!\4)[^\\])*)\4/gm
const ROWS_OF = {
  F: /^F(\d+(?:(?:, | and )F\d+)*)(?::\s*|$)/,
  S: /^S(\d+(?:(?:, | and )S\d+)*)(?::\s*|$)/,
} as const

/** The proofs in the texts of tests, in their order. Pure. */
export function proofsIn(files: readonly Page[], matrix: Matrix = 'F'): Proof[] {
  return files.flatMap(({ path, text }) => {
    const open: Call[] = []
    return [...text.matchAll(CALL)].flatMap((match) => {
      const call = callOf(match)
      while ((open.at(-1)?.indent ?? -1) >= call.indent) open.pop()
      const around = open.map(({ name }) => name)
      if (call.isGroup) open.push(call)
      return call.isGroup ? [] : proofsOf([...around, call.name], path, call.isSkipped, ROWS_OF[matrix])
    })
  })
}

function callOf([, indent = '', word, modifiers = '', , name = '']: RegExpMatchArray): Call {
  const isSkipped = modifiers.split('.').includes('skip')
  return { indent: indent.length, name: plain(name), isGroup: word === 'describe', isSkipped }
}

/** What a template or a table fills in is known only when the test runs. */
function plain(name: string): string {
  return name.replace(/\$\{(?:[^{}]|\{[^}]*\})*\}|%[sdifj]/g, '…').replace(/\\(['"`\\])/g, '$1')
}

function proofsOf(names: readonly string[], path: string, isSkipped: boolean, rowsOf: RegExp): Proof[] {
  const first = names.findIndex((name) => rowsOf.test(name))
  const [whole = '', numbers = ''] = rowsOf.exec(names[first] ?? '') ?? []
  if (numbers === '') return []
  const [head = '', ...rest] = names.slice(first)
  const title = head.slice(whole.length)
  const [group, name] = rest.length > 0 ? [title, rest.join(': ')] : ['', title]
  return numbers.split(/\D+/).map((row) => ({ row: Number(row), group, name, path, isSkipped }))
}

/** The rows as cells: number, fault, outcome, and the tests with links from `page`. */
export function faultRows(
  rows: Readonly<Record<number, Row>>,
  proofs: readonly Proof[],
  page: string,
  matrix: Matrix = 'F',
): string[][] {
  return Object.entries(rows).map(([number, { fault, outcome, reason }]) => {
    const own = proofs.filter(({ row }) => row === Number(number))
    const told = [...byFile(own, page), ...(reason === undefined ? [] : [`*${reason}*`])]
    const id = `${matrix}${number}`
    return [`<a id="${id.toLowerCase()}"></a>${id}`, fault, outcome, told.join('<br>')]
  })
}

function byFile(proofs: readonly Proof[], page: string): string[] {
  return [...Map.groupBy(proofs, ({ path }) => path)].map(([path, own]) => {
    const groups = [...Map.groupBy(own, ({ group }) => group)].map(([group, members]) => {
      const names = members.map(({ name, isSkipped }) =>
        isSkipped ? `*not: ${escaped(name)}*` : escaped(name),
      )
      return `${group && `${escaped(group)}: `}${names.join(' · ')}`
    })
    return `[${basename(path, '.test.ts')}](${relative(dirname(page), path)}): ${groups.join(' · ')}`
  })
}

const escaped = (text: string) => text.replace(/[<>*_[\]]/g, '\\$&')

/** What is wrong with the matrix: rows without a test or a reason, tests of rows that there are not. */
export function matrixFaults(
  rows: Readonly<Record<number, Row>>,
  proofs: readonly Proof[],
  matrix: Matrix = 'F',
): string[] {
  const proven = new Set(proofs.map(({ row }) => row))
  const without = Object.keys(rows).filter((row) => !proven.has(Number(row)) && !rows[Number(row)]?.reason)
  const astray = proofs.filter(({ row }) => rows[row] === undefined)
  return [
    ...without.map((row) => `${matrix}${row}: no test has it in its name, and no reason is given`),
    ...astray.map(({ row, path }) => `${path}: there is no row ${matrix}${row}`),
  ]
}
