import { readdirSync, readFileSync } from 'node:fs'
import { cpuSeconds } from './proc.ts'

/**
 * CPU time of the threads a process has, by the scheduler's own count in nanoseconds: /proc/PID/stat rounds to hundredths of a
 * second, too coarse for a pass over some hundred megabytes. Where the kernel does not tell, that is what is left.
 */
export function threadSeconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return (
      threads.reduce((sum, thread) => sum + nanoseconds(`/proc/${pid}/task/${thread}/schedstat`), 0) / 1e9
    )
  } catch {
    return cpuSeconds(pid)
  }
}

function nanoseconds(path: string): number {
  const [running = ''] = readFileSync(path, 'latin1').split(' ')
  return Number(running)
}
