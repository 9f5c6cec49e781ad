import type { MappingFunction } from '../../mapping/rules.ts'
import { joined, labelled, part, parts, text } from './parts.ts'

// What the alert says of itself.

/** By type of the impact: drafts 04 to 06, where it succeeded and otherwise, then the same of 07 and 08. */
const CATEGORIES: Readonly<Record<string, readonly [string, string, string, string]>> = {
  admin: ['Intrusion.AdminCompromise', 'Attempt.Exploit', 'Access.Escalation', 'Access.Escalation'],
  user: ['Intrusion.UserCompromise', 'Attempt.Login', 'Access.Compromise', 'Access.Other'],
  dos: ['Availability.DoS', 'Availability.DoS', 'Availability.DoS', 'Availability.DoS'],
  recon: ['Recon.Scanning', 'Recon.Scanning', 'Recon.Network', 'Recon.Network'],
  file: [
    'Information.UnauthorizedModification',
    'Information.UnauthorizedModification',
    'Sabotage.Data',
    'Other.Uncategorised',
  ],
}
const UNCATEGORISED = 'Other.Uncategorised'

/** `[impact, taxonomy]`; draft 07 spells one term in its own way. */
export const category: MappingFunction = (impact, taxonomy) => {
  const { type, completion } = part(impact)
  const terms = CATEGORIES[text(type) ?? '']
  const term = terms?.[(taxonomy === 'V04' ? 0 : 2) + (completion === 'succeeded' ? 0 : 1)] ?? UNCATEGORISED
  return taxonomy === 'V07' && term === 'Recon.Network' ? 'Recon.Netword' : term
}

const RATINGS: Readonly<Record<string, number>> = { low: 0.25, medium: 0.5, high: 0.75 }

/** `[confidence]`, 0 to 1. A rating in words is no number; it stands in the attachment too. */
export const confidence: MappingFunction = (value) => {
  const { rating, confidence: number } = part(value)
  const rated = RATINGS[text(rating) ?? '']
  if (rated !== undefined) return rated
  return typeof number === 'number' ? Math.min(1, Math.max(0, number)) : undefined
}

/** `[assessment, tool_alert, correlation_alert, overflow_alert]` */
export const note: MappingFunction = (assessment, tool, correlation, overflow) => {
  const { impact, action } = part(assessment)
  const { description, completion } = part(impact)
  const { program, size } = part(overflow)
  return joined(
    '; ',
    text(description),
    labelled('attempt', completion),
    ...parts(action).map(actionTold),
    labelled('correlation', part(correlation).name),
    labelled('tool', part(tool).name),
    labelled('command', part(tool).command),
    labelled('overflow of', program),
    size === undefined ? undefined : `overflow of ${text(size)} bytes`,
  )
}

function actionTold({ category, description }: ReturnType<typeof part>): string | undefined {
  const said = text(description)
  return `action ${text(category) ?? 'other'}${said === undefined ? '' : `: ${said}`}`
}

/** `[references]` → URIs: the name in a registry that has one, and the page. */
export const refs: MappingFunction = (references) =>
  parts(references).flatMap(({ origin, name, url }) => {
    const page = text(url)
    const known = text(name) === undefined ? undefined : urnOf(String(origin), String(name))
    const isRegistered = origin === 'cve' || page === undefined || !URL.canParse(page)
    return [
      isRegistered ? known : undefined,
      page !== undefined && URL.canParse(page) ? page : undefined,
    ].filter((uri) => uri !== undefined)
  })

function urnOf(origin: string, name: string): string | undefined {
  if (origin === 'cve') return `urn:cve:${/^cve-/i.test(name) ? name.toUpperCase() : `CVE-${name}`}`
  if (origin === 'bugtraqid') return `urn:bugtraq:${name}`
  return origin === 'osvdb' ? `urn:osvdb:${name}` : undefined
}

const REGISTRIES: readonly unknown[] = ['cve', 'bugtraqid', 'osvdb']

/** `[references, completion]` → the names that tools and users give, and how the attempt ended. */
export const names: MappingFunction = (references, completion) => {
  const own = parts(references)
    .filter(({ origin }) => !REGISTRIES.includes(origin))
    .flatMap(({ name, meaning }) => joined(' ', text(name), text(meaning) && `(${text(meaning)})`) ?? [])
  const ended = text(completion)
  return ended === undefined ? own : [...own, `idmefv1:completion:${ended}`]
}
