import { loadSample } from '../data.ts'

// Real alerts, told apart on the other side by their time: both programs send it on as CreateTime, to the microsecond.
// Everything else, the category above all, stays what Suricata wrote.

export interface Alerts {
  /** What the lines were taken from. */
  name: string
  /** Alerts that the Python connector can convert and does not leave out. */
  common: readonly string[]
  /** One without ports. */
  icmp: string
  /** Every alert of the sample. */
  all: readonly string[]
}

/** The Python connector leaves these out on purpose. */
const LEFT_OUT = 'Generic Protocol Command Decode'
const DIGITS = 6

export function loadAlerts(): Alerts {
  const { name, alerts: all } = loadSample()
  const events = all.map((line) => JSON.parse(Buffer.from(line, 'latin1').toString()))
  const common = all.filter((_, i) => isCommon(events[i]))
  const icmp = all.find(
    (_, i) => events[i].proto === 'ICMP' && events[i].src_port === undefined && events[i].alert.category,
  )
  if (icmp === undefined || common.length === 0) throw new Error(`${name} has not the alerts that are needed`)
  return { name, common, icmp, all }
}

export function isLeftOut(line: string): boolean {
  return line.includes(`"category":"${LEFT_OUT}"`)
}

/** The line as a number of its own (below 1,000,000) makes it, with its newline. */
export function numbered(line: string, number: number): string {
  const fraction = String(number).padStart(DIGITS, '0')
  return `${line.replace(/(?<="timestamp": ?")[^"]+/, `2026-01-01T00:00:00.${fraction}+0000`)}\n`
}

/** `count` of the lines in turn, the first of them with the number `first`. */
export function series(lines: readonly string[], first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => numbered(lines[i % lines.length] ?? '', first + i))
}

/** The number of the alert that a message, as JSON text, was made from. */
export function numberOf(message: string): number | undefined {
  const [, fraction] = /"CreateTime": ?"[^".]*\.(\d{6})/.exec(message) ?? []
  return fraction === undefined ? undefined : Number(fraction)
}

// biome-ignore lint/suspicious/noExplicitAny: what JSON.parse gives
function isCommon({ src_ip, dest_ip, src_port, dest_port, proto, alert }: any): boolean {
  const needed = [src_ip, dest_ip, src_port, dest_port, proto, alert?.severity, alert?.category]
  return needed.every((value) => value !== undefined) && alert.category !== LEFT_OUT
}
