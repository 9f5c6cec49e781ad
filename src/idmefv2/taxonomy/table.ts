/** The values of every enumerated field of one version, by the path of the field (`Analyzer.Category`). */
export type Taxonomy = Readonly<Record<string, ReadonlySet<string>>>

/** Family name → its members, separated by commas: `{ Recon: 'Aerial, OSINT' }` stands for `Recon.Aerial` and `Recon.OSINT`. */
export type Families = Readonly<Record<string, string>>

/** Values that belong to no family, and those of the families. A value may hold blanks, never a comma. */
export function table(plain: string, families: Families = {}): ReadonlySet<string> {
  const members = Object.entries(families).flatMap(([family, names]) =>
    split(names).map((name) => `${family}.${name}`),
  )
  return new Set([...split(plain), ...members])
}

const split = (text: string) => (text === '' ? [] : text.trim().split(/,\s+/))
