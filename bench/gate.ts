import { fileURLToPath } from 'node:url'
import { inputFile, loadSample } from './data.ts'
import { judged, verdictsText } from './gate/decision.ts'
import { RATIOS } from './gate/ratios.ts'
import type { Setting } from './question.ts'

// pnpm bench:gate: has something that was fast become slow? Ratios by CPU time only, which other machines and other work
// on this one change little, with bounds far from what is usual: a gate that cries wolf is soon ignored. What fails
// is measured once more, and only what fails twice ends with exit code 1.

/** Read in parts; made in a second. */
const MEGABYTES = 60

const sample = loadSample()
const folder = fileURLToPath(new URL('data', import.meta.url))
const setting: Setting = {
  sample,
  pace: { rounds: 3, millis: 100, clock: 'cpu' },
  megabytes: MEGABYTES,
  data: folder,
  full: false,
  wants: () => true,
  input: (share) => inputFile(sample, { seed: 1, share }, MEGABYTES * 1e6, folder),
}

const verdicts = await judged(RATIOS, ({ measure }) => measure(setting))
console.log(verdictsText(verdicts))
if (!verdicts.every(({ passed }) => passed)) process.exitCode = 1
