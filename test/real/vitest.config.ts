import { defineConfig } from 'vitest/config'

/** Tools as Debian has them, started on loopback, those that take minutes too (long/); a test of one that is not installed is skipped, and says so. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
