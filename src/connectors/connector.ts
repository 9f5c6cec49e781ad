import type { z } from 'zod'
import type { Archive } from '../sources/paths.ts'
import type { TailContext } from '../sources/tail.ts'
import type { Source } from '../types.ts'

/**
 * One probe, as the main thread sees it: what `connectors/<probe>/index.ts` exports by default. Its INI section
 * is the folder's name, or `name:instance`. The worker thread loads `connectors/<probe>/mapping.ts`.
 */
export interface Connector<O extends z.ZodObject = z.ZodObject> {
  summary: string
  options: O
  /** There is no mapping that fits every tool: each section must name a file with one. */
  needsMapping?: boolean
  /** Where rotation puts the files it follows, when not beside them. */
  archive?: Archive
  source(options: z.output<O>, context: SourceContext): Source
}

export type SourceContext = TailContext
