const FACTOR = Number(process.env.FC_RUNS ?? 1)

/** How often a property is tried: `usual` times, or as many times more as FC_RUNS says (`FC_RUNS=20`). */
export const runs = (usual: number): { numRuns: number } => ({ numRuns: Math.ceil(usual * FACTOR) })

/** For a test with properties: a machine that many share is slow now and then. */
export const PATIENT = { timeout: 30_000 * Math.max(1, FACTOR) }
