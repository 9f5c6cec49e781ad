/** One row of the fault matrix: what happens, and what may come of it at most. */
export interface Row {
  fault: string
  outcome: string
  /** Why no test here proves it, or some part of it, where none does. */
  reason?: string
}

// W: alerts that were on their way. A: alerts acknowledged since positions were last written. "Again" means with the ID
// of the first time.

/** The matrix by the numbers that tests begin their names with. A page is made from it: `pnpm run docs`. */
export const ROWS: Readonly<Record<number, Row>> = {
  1: { fault: 'kill -9 at any moment', outcome: '0 lost, W + A again' },
  2: { fault: 'kill -9 at each step of writing positions', outcome: '0 lost, W + A again' },
  3: { fault: 'SIGTERM under load', outcome: '0 lost, 0 again' },
  4: { fault: 'SIGTERM while the receiver hangs', outcome: '0 lost, W again; exit 75 at `drain_timeout`' },
  5: { fault: 'SIGTERM or SIGINT twice', outcome: '0 lost, W + A again' },
  6: { fault: 'stopped for a minute (SIGSTOP), then continued', outcome: '0 lost, W again' },
  7: { fault: 'power loss: what was not synced is gone', outcome: '0 lost, W + A again' },
  8: { fault: 'positions cut at any byte', outcome: '0 lost; the generation before is used' },
  9: {
    fault: 'positions with flipped bits, zeros, NULs',
    outcome: '0 lost; no offset that was never written',
  },
  10: {
    fault: 'state directory read-only, forbidden, removed',
    outcome: '0 lost; delivery goes on, `/readyz` says no',
  },
  11: { fault: 'fsync fails (EIO)', outcome: '0 lost; written anew' },
  12: { fault: 'disk of the state full', outcome: '0 lost; goes on by itself when there is room' },
  13: { fault: 'file size limit (EFBIG)', outcome: 'as 12' },
  14: { fault: 'rename and create, five times a second', outcome: '0 lost, 0 again, in order' },
  15: { fault: 'renamed, and its writer stays in the old file', outcome: '0 lost, 0 again' },
  16: { fault: 'five rotations while down', outcome: '0 lost, A again, oldest first' },
  17: { fault: 'compressed while down', outcome: '0 lost, 0 again' },
  18: { fault: 'copytruncate, all was read', outcome: '0 lost, 0 again' },
  19: { fault: 'copytruncate, the rest is in the copy', outcome: '0 lost, W again' },
  20: { fault: 'copytruncate, the copy is out of reach', outcome: 'the gap, told to the byte' },
  21: { fault: 'truncated, and grown past the old place', outcome: '0 lost' },
  22: { fault: 'removed, and its inode given to the next file', outcome: '0 lost, 0 again' },
  23: { fault: 'two files with the same beginning', outcome: '0 lost, 0 again' },
  24: { fault: 'link, target and overlapping globs', outcome: 'read once' },
  25: { fault: 'deleted while open, then written to', outcome: '0 lost, 0 again; the space is given back' },
  26: { fault: 'file, folder or permission comes later', outcome: '0 lost, 0 again' },
  27: { fault: 'notifications overflow, or cannot be had', outcome: '0 lost, 0 again' },
  28: { fault: 'a line written in pieces, cut at any byte', outcome: 'the same messages' },
  29: { fault: 'a last line without its newline', outcome: 'once, when it is whole' },
  30: {
    fault: 'lines of 1 B to 64 MiB, 10,000 levels, a million keys',
    outcome: 'that line only; memory bounded',
  },
  31: { fault: 'invalid UTF-8, lone surrogates, NUL, BOM, CRLF', outcome: '0 lost; repaired and counted' },
  32: {
    fault: '`__proto__`, repeated keys, integers beyond 2^53',
    outcome: '0 lost; no prototype is touched',
  },
  33: { fault: '1 % and 50 % garbage', outcome: '0 good lines lost' },
  34: { fault: 'receiver down for ten minutes', outcome: '0 lost, W again' },
  35: { fault: 'receiver hangs, trickles, resets', outcome: '0 lost, W again' },
  36: { fault: 'the answer is lost', outcome: '0 lost; again with the same ID' },
  37: { fault: 'kept connection closed as it is used again', outcome: '0 lost, 0 distinct twice' },
  38: { fault: '429, 503 and 500 in bursts, `Retry-After` of every kind', outcome: '0 lost, W again' },
  39: { fault: 'one event is always refused', outcome: 'dead letter; its neighbours do not wait' },
  40: { fault: '401, 403', outcome: 'paused; 0 lost, no dead letters' },
  41: { fault: 'slow receiver with 1 % of errors', outcome: '0 lost, W again; memory flat' },
  42: {
    fault: 'DNS fails or changes, certificates expire, rotate, mislead',
    outcome: '0 lost; never unverified',
  },
  43: { fault: 'proxy refuses (407) or dies', outcome: '0 lost' },
  44: { fault: 'the clock jumps by an hour', outcome: '0 lost, 0 again' },
  45: { fault: 'a worker thread crashes, hangs, runs out of memory', outcome: '0 lost, W again' },
  46: { fault: 'no file descriptors left', outcome: '0 lost' },
  47: { fault: 'reloads under load, also of broken files', outcome: '0 lost, 0 again' },
  48: { fault: 'a second process on the same state', outcome: 'exit 75, with the process ID of the first' },
  49: { fault: 'upgrade and downgrade', outcome: '0 lost; read, or refused in words' },
  50: {
    fault: 'hours of all this at random',
    outcome: '0 lost; memory, descriptors and series flat',
    reason: 'takes hours: `pnpm test:soak --minutes N`',
  },
  51: {
    fault: 'dead letters or spool damaged, torn, missing, full',
    outcome: 'only what is damaged, and that is told',
  },
  52: {
    fault: 'floods, slow clients, endless bodies, gzip bombs',
    outcome: 'refused; others are served',
  },
  53: {
    fault: 'a writer to a socket, or by HTTP, restarts, writes in pieces, or too much',
    outcome: '0 lost of what was taken',
  },
  54: { fault: 'the log lost its end with the power', outcome: '0 lost of what exists, 0 again' },
  55: {
    fault: 'a tool that is asked dies, or cuts its answers short; kill -9 while it is asked',
    outcome: '0 lost of what it still knows, W again',
  },
}
