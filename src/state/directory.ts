import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StateError } from '../errors.ts'
import { type Log, reason } from './edges.ts'

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'])

/** Five seconds for others to look at the lock; each takes about a millisecond. */
const TURN_TRIES = 500
const TURN_PAUSE_MS = 10

/** The state directory of this process; nobody else holds it until `release`. */
export interface StateDirectory {
  readonly path: string
  release(): void
}

/** `$STATE_DIRECTORY` (systemd.exec(5); the first of several), `/var/lib` for root, the XDG base directory otherwise. */
export function defaultStateDirectory(env: NodeJS.ProcessEnv, uid: number): string {
  const [given] = (env.STATE_DIRECTORY ?? '').split(':')
  if (given) return given
  if (uid === 0) return '/var/lib/idmefv2-stream'
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state'), 'idmefv2-stream')
}

/**
 * Makes the directory (0700) where it is missing and locks it. The lock is a file with process id and start time, so
 * that a lock left by a dead process, even if its id is in use again, is taken over. Of two processes that start
 * together exactly one gets it. The lock speaks of processes this one can see: a directory shared between
 * containers needs a lock of theirs.
 *
 * @throws StateError `LOCKED` with the holder's process id, `PERMISSION` when nothing can be written there.
 */
export async function openStateDirectory(path: string, log: Log): Promise<StateDirectory> {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    warnOfOthers(path, log)
    const turn = await takeTurn(path)
    try {
      lock(path, log)
    } finally {
      turn?.close()
    }
  } catch (error) {
    if (DENIED.has(reason(error))) {
      const what = `state directory ${path} cannot be written: ${reason(error)}`
      throw new StateError('PERMISSION', `${what}; [state] directory names another`)
    }
    throw error
  }
  return { path, release: () => unlock(path) }
}

/** Not mended: a directory that is shared by mistake belongs to others too. */
function warnOfOthers(path: string, log: Log): void {
  const mode = statSync(path).mode & 0o777
  if (mode & 0o022)
    log.warn(
      { path, mode: mode.toString(8) },
      'others can write to the state directory, and so decide what is delivered: chmod 700',
    )
}

/**
 * Judging an old lock and replacing it takes several calls, and another process could do the same in between. So they
 * take turns by binding one abstract Unix socket (unix(7)), which the kernel gives to one process at a time and frees
 * when that one dies. Where there are none, the exclusive `link` below still keeps two fresh starts apart.
 */
async function takeTurn(path: string): Promise<Server | undefined> {
  const { dev, ino } = statSync(path)
  for (let attempt = 0; attempt < TURN_TRIES; attempt++) {
    const server = createServer((socket) => socket.destroy())
    const failure = await new Promise<unknown>((resolve) => {
      server.once('error', resolve).listen(`\0idmefv2-stream:${dev}:${ino}`, () => resolve(undefined))
    })
    if (failure === undefined) return server
    if (reason(failure) !== 'EADDRINUSE') return undefined
    await sleep(TURN_PAUSE_MS)
  }
  throw new StateError('LOCKED', `state directory ${path} is being opened by another process`)
}

function lock(path: string, log: Log): void {
  const file = lockFile(path)
  const holder = read(file)
  if (holder !== undefined) {
    const pid = Number(holder.split(' ')[0])
    if (pid > 0 && holder === identify(pid)) {
      throw new StateError('LOCKED', `state directory ${path} is in use by process ${pid}`)
    }
    log.info({ pid, path }, 'taking over the lock of a process that is gone')
    rmSync(file, { force: true })
  }
  // Written aside and linked, so that a lock is never seen without its content.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(draft, `${identify(process.pid)}\n`, { mode: 0o600, flag: 'wx' })
    linkSync(draft, file)
  } catch (error) {
    if (reason(error) !== 'EEXIST') throw error
    throw new StateError('LOCKED', `state directory ${path} was just taken by process ${read(file)}`)
  } finally {
    rmSync(draft, { force: true })
  }
}

function unlock(path: string): void {
  if (read(lockFile(path)) === identify(process.pid)) rmSync(lockFile(path), { force: true })
}

const lockFile = (path: string) => join(path, 'lock')

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (reason(error) === 'ENOENT') return undefined
    throw error
  }
}

/** `pid start-time` of a living process; proc_pid_stat(5): state is field 3, start time field 22, after a name that may hold anything. */
function identify(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${pid} ${fields[19]}`
  } catch {
    return alive(pid) ? `${pid} ?` : undefined
  }
}

/** Without /proc the process id has to do. */
function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return reason(error) === 'EPERM'
  }
}
