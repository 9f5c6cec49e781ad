import { EXPLOIT, FLOOD, GUESSING, MASQUERADE, PROBING, type Terms, wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'

export interface Judgement {
  terms: readonly Terms[]
  cause: 'Malicious' | 'Malfunction' | 'Error' | 'Unknown'
}

const FAILURE: Terms = ['Availability.Failure', 'Availability.Failure']
const ORDINARY: Terms = ['Other.Uncategorised', 'Other.Uncategorised']
const UNDETERMINED: Terms = ['Other.Undetermined', 'Other.Undetermined']

/** The classes that Kismet documents; they are free text, so there may be others. */
export const CLASSES: Readonly<Record<string, Judgement>> = {
  DENIAL: { terms: [FLOOD], cause: 'Malicious' },
  EXPLOIT: { terms: [EXPLOIT], cause: 'Malicious' },
  SPOOF: { terms: [MASQUERADE], cause: 'Malicious' },
  PROBE: { terms: [PROBING], cause: 'Malicious' },
  SYSTEM: { terms: [ORDINARY], cause: 'Unknown' },
  OTHER: { terms: [UNDETERMINED], cause: 'Unknown' },
}

/** Draft 07 and 08 have one term less for these: a weakness beside the attack that uses it is no category there. */
const weakened = (attack: Terms): readonly Terms[] => [attack, ['Vulnerable.Crypto', attack[1]]]

/** Alerts that say more, or something else, than their class. */
export const ALERTS: Readonly<Record<string, Judgement>> = {
  WPSBRUTE: { terms: [GUESSING], cause: 'Malicious' },
  NONCEREUSE: { terms: weakened(EXPLOIT), cause: 'Malicious' },
  NONCEDEGRADE: { terms: weakened(EXPLOIT), cause: 'Malicious' },
  CRYPTODROP: { terms: weakened(MASQUERADE), cause: 'Malicious' },
  ADVCRYPTCHANGE: { terms: weakened(MASQUERADE), cause: 'Malicious' },
  NOCLIENTMFP: { terms: [['Vulnerable.Crypto', 'Availability.Misconfiguration']], cause: 'Error' },
  SOURCEERROR: { terms: [FAILURE], cause: 'Malfunction' },
  DEVICELOST: { terms: [FAILURE], cause: 'Unknown' },
  DEVICEFOUND: { terms: [ORDINARY], cause: 'Unknown' },
  ROOTUSER: { terms: [ORDINARY], cause: 'Error' },
}

/** Raised at each start, or because the operator asked to be told: no attack, whatever Kismet makes of it. */
const ROUTINE: ReadonlySet<string> = new Set(['ROOTUSER', 'DEVICEFOUND', 'DEVICELOST'])

/**
 * Class and severity of the alerts that Kismet itself defines, as the definitions in its source have them (328b98f7): for
 * versions before 2021-05-R1, which tell neither.
 */
const DEFINED: readonly (readonly [alertClass: string, severity: number, headers: string])[] = [
  ['DENIAL', 10, 'BCASTDISCON DEAUTHFLOOD NULLPROBERESP'],
  ['EXPLOIT', 20, 'LONGSSID WPSBRUTE'],
  [
    'EXPLOIT',
    15,
    `BADFIXLENIE BCOM11KCHAN BLEEDINGTOOTH DEAUTHCODEINVALID DISCONCODEINVALID FORMATSTRING NONCEREUSE QCOMEXTENDED RSNLOOP
     RTL8195VD1406 RTLWIFIP2P VDOO202027301 VDOO202027302 WMMOVERFLOW WMMTSPEC`,
  ],
  ['EXPLOIT', 10, 'MALFORMMGMT MSFBCOMSSID MSFDLINKRATE MSFNETGEARBEACON NONCEDEGRADE'],
  ['OTHER', 15, 'OVERPOWERED'],
  ['PROBE', 15, 'FLIPPERZERO'],
  ['PROBE', 10, 'KARMAOUI'],
  ['PROBE', 5, 'AIRJACKSSID LUCENTTEST NETSTUMBLER'],
  ['SPOOF', 15, 'ADHOCCONFLICT ADVCRYPTCHANGE APSPOOF BEACONRATE CRYPTODROP DOT11D SSIDCANARY'],
  ['SPOOF', 10, 'BSSTIMESTAMP PROBECHAN'],
  ['SPOOF', 5, 'CHANCHANGE DHCPCLIENTID DHCPCONFLICT DHCPNAMECHANGE DHCPOSCHANGE NOCLIENTMFP'],
  ['SYSTEM', 15, 'DEVICEFOUND DEVICELOST ROOTUSER SOURCEERROR'],
]

export interface Definition {
  alertClass: string
  severity: number
}

export const DEFINITIONS: ReadonlyMap<string, Definition> = new Map(
  DEFINED.flatMap(([alertClass, severity, headers]) =>
    headers.split(/\s+/).map((header): [string, Definition] => [header, { alertClass, severity }]),
  ),
)

const UNKNOWN: Judgement = { terms: [ORDINARY], cause: 'Unknown' }

/** `[taxonomy, header, class]` → the categories; the taxonomy is `V04`, `V07` or `V08`. */
export const category: MappingFunction = (taxonomy, header, alertClass) =>
  wordsOf(judge(nameOf(header), nameOf(alertClass)).terms, taxonomy)

export const cause: MappingFunction = (header, alertClass) => judge(nameOf(header), nameOf(alertClass)).cause

/** `[header, severity]`: 0 is Info, 5 low, 10 medium, 15 high, 20 critical (kismetwireless.net/docs/api/alerts). */
export const priority: MappingFunction = (header, severity) => {
  const name = nameOf(header)
  if (ROUTINE.has(name)) return 'Info'
  const level = levelOf(severity) ?? DEFINITIONS.get(name)?.severity
  if (level === undefined) return 'Unknown'
  if (level >= 15) return 'High'
  if (level >= 10) return 'Medium'
  return level >= 5 ? 'Low' : 'Info'
}

function judge(header: string, alertClass: string): Judgement {
  const own = Object.hasOwn(ALERTS, header) ? ALERTS[header] : undefined
  if (own) return own
  const name = alertClass || DEFINITIONS.get(header)?.alertClass || ''
  return (Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined) ?? UNKNOWN
}

function nameOf(value: unknown): string {
  return typeof value === 'string' ? value.trim().toUpperCase() : ''
}

/** A byte, or one that somebody made a text of. */
function levelOf(value: unknown): number | undefined {
  const level = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value
  return typeof level === 'number' && level >= 0 && level <= 255 ? level : undefined
}
