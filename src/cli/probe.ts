import { probes } from '../connectors/load.ts'
import { nearest } from '../nearest.ts'

/** What is said to somebody who names a probe that there is not. */
export function unknownProbe(probe: string): string {
  const guess = nearest(probe, probes())
  return `there is no probe ${probe}${guess ? `; did you mean ${guess}?` : ''} (idmefv2 list names them)`
}
