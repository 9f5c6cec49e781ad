/** One fault of a mapping: where (a JSON pointer into the mapping, RFC 6901) and what. */
export interface Fault {
  pointer: string
  what: string
}

/** The mapping cannot be compiled. Carries every fault found. */
export class MappingError extends Error {
  readonly code = 'MAPPING'
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(faults.map(({ pointer, what }) => `${pointer || '/'}: ${what}`).join('\n'))
    this.name = 'MappingError'
    this.faults = faults
  }
}

/** The pointer to a member of what `pointer` leads to. */
export function memberOf(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The end of a fault's text, where there is a guess at what was meant. */
export function didYouMean(guess: string | undefined): string {
  return guess === undefined ? '' : `; did you mean ${guess}?`
}
