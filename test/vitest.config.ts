import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Real tools that take minutes are a run of their own: pnpm test:real.
    exclude: ['test/real/long/**'],
    // Real processes, sockets and files: a busy machine may take its time, a hang must still end.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    // A machine that stops for seconds in the middle of a test is no finding; the reporter tells what was tried again.
    retry: process.env.CI ? 2 : 0,
  },
})
