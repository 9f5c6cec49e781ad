import { ConfigError, type Problem } from '../errors.ts'

/** Everything found wrong in one reading, so that the operator is told once and completely. */
export class Findings {
  readonly #errors: Problem[] = []
  readonly #warnings: Problem[] = []

  /** The configuration cannot be used. */
  error(where: string, what: string): void {
    this.#errors.push({ where, what })
  }

  /** It can be used, but is most likely not what was meant, or not safe. */
  warn(where: string, what: string): void {
    this.#warnings.push({ where, what })
  }

  /**
   * The warnings, in the order of `files` and their lines. Throws a ConfigError when there are errors; the warnings
   * go with them, as a misspelt key may be why another one is missing. `strict` makes an error of every warning.
   */
  settle(files: readonly string[], strict: boolean): Problem[] {
    if (this.#errors.length === 0 && !(strict && this.#warnings.length > 0))
      return inOrder(this.#warnings, files)
    throw new ConfigError(
      inOrder([...this.#errors, ...(strict ? this.#warnings : marked(this.#warnings))], files),
    )
  }
}

/** Warnings as they stand among errors. */
export function marked(warnings: readonly Problem[]): Problem[] {
  return warnings.map(({ where, what }) => ({ where, what: `warning: ${what}` }))
}

/** Stable: what has no line of its own keeps its place before the lines of its file. */
function inOrder(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = ({ where }: Problem): [file: number, line: number] => {
    const [, file = where, line = '0'] = /^(.*):(\d+)$/s.exec(where) ?? []
    return [files.indexOf(file), Number(line)]
  }
  return problems.toSorted((a, b) => {
    const [fileA, lineA] = rank(a)
    const [fileB, lineB] = rank(b)
    return fileA - fileB || lineA - lineB
  })
}
