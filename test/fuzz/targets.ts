import type { Target } from './target.ts'
import { checkpoint } from './targets/checkpoint.ts'
import { ini } from './targets/ini.ts'
import { letters } from './targets/letters.ts'
import { lines } from './targets/lines.ts'
import { mapping } from './targets/mapping.ts'
import { path } from './targets/path.ts'
import { records } from './targets/records.ts'
import { retryafter } from './targets/retryafter.ts'
import { spool } from './targets/spool.ts'
import { streams } from './targets/streams.ts'

/** By the name of their corpus. */
export const TARGETS: Readonly<Record<string, Target>> = {
  checkpoint,
  ini,
  letters,
  lines,
  mapping,
  path,
  records,
  retryafter,
  spool,
  streams,
}
