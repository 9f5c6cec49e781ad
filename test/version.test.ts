import { expect, test } from 'vitest'
import { outdated } from '../src/version.ts'

test.each(['24.15.0', '24.15.1', '24.16.0', '25.0.0', '100.0.0-nightly'])('Node.js %s will do', (version) => {
  expect(outdated(version)).toBeUndefined()
})

test.each(['24.14.9', '22.20.0', '4.99.99'])('Node.js %s is too old, which is said', (version) => {
  expect(outdated(version)).toMatch(
    new RegExp(`^Node\\.js 24\\.15\\.0 or later is needed, this is ${version}`),
  )
})
