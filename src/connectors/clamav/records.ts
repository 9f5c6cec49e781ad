import { basename, dirname } from 'node:path'
import type { Place, Translate } from '../../mapping/rules.ts'

/** What is known of a scan beside what its record says; all of it may be absent. */
export interface Scan {
  /** When it began, by the clock of the scanner: `2026-11-22 03:19:13`. */
  began?: string
  /** When it was over: its document is written then, ms since 1970. */
  ended?: number
  /** The time of a line of the log, in its own form. */
  logged?: string
  /** Where the scanner left its document and what it unpacked. */
  folder?: string
}

/** `Sun Nov 22 03:19:03 2026 -> `, or what rsyslog writes before a line of clamd. */
const LOGGED =
  /^(?:([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}) -> |(\d{4}-\d\d-\d\dT\S+) \S+ clamd(?:\[\d+\])?: )/
/** A path may hold anything, a name no blank; with ExtendedDetectionInfo the MD5 and the size of the file follow (clamd/scanner.c). */
const FOUND = /^(.+): (\S+?)(?:\(([0-9a-f]{32,64}):(\d+)\))? FOUND$/s
const FOLDER = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)-/

/**
 * A document of GenerateMetadataJson, with what its place says of the scan under `scan`; and the lines of the log that tell of
 * malware, in the shape of such a document.
 */
export const translate: Translate = (text, place) =>
  text.startsWith('{') ? document(text, place) : finding(text, place)

function document(text: string, { path, changed }: Place): unknown {
  const record: unknown = JSON.parse(text)
  const isReport = String(Object(record).Magic).startsWith('CLAMJSON')
  if (!isReport) throw new Error('no document of ClamAV: its Magic is not CLAMJSON')
  const folder = path === undefined ? undefined : dirname(path)
  const scan: Scan = {
    ...(folder !== undefined && { folder, ...beganIn(basename(folder)) }),
    ...(changed !== undefined && { ended: changed }),
  }
  return { ...Object(record), scan }
}

function beganIn(folder: string): Pick<Scan, 'began'> {
  const [, year, month, day, hours, minutes, seconds] = FOLDER.exec(folder) ?? []
  return year === undefined ? {} : { began: `${year}-${month}-${day} ${hours}:${minutes}:${seconds}` }
}

function finding(line: string, { changed }: Place): unknown {
  const [prefix = '', asctime, iso] = LOGGED.exec(line) ?? []
  const [, path, name, hash, size] = FOUND.exec(line.slice(prefix.length)) ?? []
  if (path === undefined) return undefined
  const logged = asctime ?? iso
  const isStream = STREAM.test(path)
  return {
    FileName: isStream ? path : basename(path),
    ...(!isStream && { FilePath: path }),
    ...(size !== undefined && { FileSize: Number(size) }),
    ...(hash !== undefined && { [hash.length === 32 ? 'md5' : 'sha2-256']: hash }),
    Viruses: [name],
    scan: { ...(logged !== undefined && { logged }), ...(changed !== undefined && { ended: changed }) },
  }
}

/** What clamd calls what was sent to it instead of named: `instream(127.0.0.1@34794)`, `instream(local)`. */
export const STREAM = /^(?:in)?stream\(([^@]*)(?:@(\d+))?\)$/
