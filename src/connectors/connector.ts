import type { z } from 'zod'
import type { Archive } from '../sources/paths.ts'
import type { TailContext } from '../sources/tail.ts'
import type { Source, Work } from '../types.ts'
import type { Done } from '../worker/messages.ts'

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
  /** What is wrong with the options and can be seen without the network, each as `option: what`. */
  check?(options: z.output<O>): readonly string[]
  /** For probes that have other destinations, used instead of `source`. */
  lanes?(options: z.output<O>, context: SourceContext): Promise<readonly Lane[]>
}

/** One way of records, from a source to the receiver or to a destination of the probe's own. */
export interface Lane {
  /** For its state and metrics: the connector's instance, or that with something behind it. */
  name: string
  source: Source
  delivery?: Delivery
}

/** Takes pieces of work in place of the worker threads. */
export interface Delivery {
  /** Most pieces that may be out. */
  maxOut: number
  /** Resolves when all of it is delivered, however long that takes; rejects only when this is closed. */
  run(work: Work): Promise<Done>
  /** Why nothing can be delivered now, if so. */
  notReady(): string | undefined
  close(): Promise<void>
}

export type SourceContext = TailContext
