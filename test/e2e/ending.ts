import { onTestFinished as onVitestFinished } from 'vitest'

type Ending = () => unknown

/** What programs beside the tests have to end by themselves (scripts/). */
const endings: Ending[] = []

/** Called when the test ends; outside of tests, by `end`. */
export function onTestFinished(ending: Ending): void {
  if (process.env.VITEST === undefined) endings.push(ending)
  else onVitestFinished(async () => void (await ending()))
}

/** Outside of tests: the last begun is ended first. */
export async function end(): Promise<void> {
  for (let ending = endings.pop(); ending; ending = endings.pop()) await ending()
}
