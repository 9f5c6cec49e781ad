import { readFileSync, writeFileSync } from 'node:fs'

// What Linux tells of a process, proc(5).

/** The kernel counts CPU time in hundredths of a second for all who ask. */
const TICKS_PER_SECOND = 100

/** User and system time of all its threads so far. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export const residentBytes = (pid: number): number => status(pid, 'VmRSS')

/** The most it held at a time since the last `forgetPeak`. */
export const peakBytes = (pid: number): number => status(pid, 'VmHWM')

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function status(pid: number, field: string): number {
  const [, kibibytes = '0'] =
    new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kibibytes) * 1024
}
