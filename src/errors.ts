/** Exit codes, after sysexits.h: what a service manager or a script can act on. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  unavailable: 69,
  temporary: 75,
  permission: 77,
  config: 78,
} as const

/** One thing wrong in what the operator wrote, with the place to mend it. */
export interface Problem {
  /** File and, where known, line: `/etc/idmefv2/suricata.conf:12`. */
  where: string
  what: string
}

/** The configuration cannot be used. Carries every problem found, not only the first. Told to the operator; exit 78. */
export class ConfigError extends Error {
  readonly code = 'CONFIG'
  readonly problems: readonly Problem[]
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ where, what }) => (where ? `${where}: ${what}` : what)).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** The command line cannot be used; exit 64. */
export class UsageError extends Error {
  readonly code = 'USAGE'
  override name = 'UsageError'
}

/** State on disk cannot be used by this process (held by another one, not writable, of a later version); exit 75, 77 or 78. */
export class StateError extends Error {
  readonly code: 'LOCKED' | 'PERMISSION' | 'VERSION'
  constructor(code: 'LOCKED' | 'PERMISSION' | 'VERSION', message: string) {
    super(message)
    this.name = 'StateError'
    this.code = code
  }
}
