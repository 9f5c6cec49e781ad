import { describe, expect, it } from 'vitest'
import { interpolate, substitute } from '../../src/config/expand.ts'

describe('%(name)s', () => {
  const values: Record<string, string> = { dir: '/var/%(name)s', name: 'log', loop: '%(loop)s', cost: '5%%' }
  const from = (text: string) => interpolate(text, (key) => values[key])

  it.each([
    ['%(dir)s/x', '/var/log/x'],
    ['%(DIR)s', '/var/log'],
    ['100%%', '100%'],
    ['%%(dir)s', '%(dir)s'],
    ['%(cost)s', '5%'],
    ['a%b 50% %', 'a%b 50% %'],
  ])('%s gives %s', (text, value) => {
    expect(from(text)).toEqual({ value, faults: [] })
  })

  it.each([
    ['%(missing)s', '%(missing)s names no key of this section or [DEFAULT]'],
    ['%(dir)d', '"%(" begins no %(name)s; a percent sign is written %%'],
    ['%(dir', '"%(" begins no %(name)s; a percent sign is written %%'],
    ['%(loop)s %(loop)s', '%(loop)s refers on more than 10 times'],
  ])('%s is refused', (text, fault) => {
    expect(from(text).faults).toEqual([fault])
  })
})

describe('references to the environment', () => {
  const env = { HOST: 'siem', EMPTY: '', SLY: `\${HOST}%(x)s$\${`, LINES: 'a\nb', NUL: 'a\0b', CR: 'a\rb' }
  const from = (text: string) => substitute(text, env)

  it.each([
    [`https://\${HOST}:4690/`, 'https://siem:4690/'],
    [`\${HOST}\${HOST}`, 'siemsiem'],
    [`\${NONE:-a b:-c}`, 'a b:-c'],
    [`\${EMPTY:-x}`, 'x'],
    [`\${EMPTY}`, ''],
    [`\${NONE:-}`, ''],
    [`$\${HOST}`, `\${HOST}`],
    ['$HOST {HOST} $', '$HOST {HOST} $'],
  ])('%s gives %s', (text, value) => {
    expect(from(text)).toMatchObject({ value, faults: [] })
  })

  it('are never looked for in what came from the environment', () => {
    expect(from(`\${SLY}`)).toEqual({ value: env.SLY, faults: [], used: ['SLY'] })
  })

  it.each([
    [`\${NONE}`, 'the environment variable NONE is not set'],
    [`\${LINES}`, 'the environment variable LINES contains a line break or a NUL'],
    [`\${CR:-x}`, 'the environment variable CR contains a line break or a NUL'],
    [`\${NUL}`, 'the environment variable NUL contains a line break or a NUL'],
    [`\${constructor}`, 'the environment variable constructor is not set'],
    [`a\${`, `"\${" begins no \${VAR} or \${VAR:-default}; a literal one is written $\${`],
    [`\${1x}`, `"\${" begins no \${VAR} or \${VAR:-default}; a literal one is written $\${`],
    [`\${HOST-x}`, `"\${" begins no \${VAR} or \${VAR:-default}; a literal one is written $\${`],
  ])('%j is refused', (text, fault) => {
    expect(from(text).faults).toEqual([fault])
  })

  it('are named, not shown', () => {
    expect(from(`\${HOST} \${NONE:-x}`).used).toEqual(['HOST', 'NONE'])
  })
})
