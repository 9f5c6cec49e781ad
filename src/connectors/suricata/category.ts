import { TECHNIQUES as COMMON } from '../../idmefv2/attack.ts'
import {
  DELIVERY,
  EXPLOIT,
  GUESSING,
  LEAK,
  PHISHING,
  PROBING,
  RANSOM,
  respelled,
  type Terms,
  wordsOf,
} from '../../idmefv2/terms.ts'
import { texts } from '../../idmefv2/text.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { classNamed, UNCLASSIFIED } from './classes.ts'
import { mitreIds } from './metadata.ts'

const MALWARE: Terms = ['Malicious.System', 'Malware.Other']
const ESCALATION: Terms = ['Attempt.Exploit', 'Access.Escalation']

/** A sub-technique counts as its technique unless it stands here itself. */
const TECHNIQUES: Readonly<Record<string, Terms>> = {
  ...COMMON,
  T1068: ESCALATION,
  'T1505.003': ['Intrusion.AppCompromise', 'Access.Backdoor'],
}

/** Tactics say only what an attacker was after: good enough where the class says nothing. */
const TACTICS: readonly (readonly [id: string, name: string, terms: Terms])[] = [
  ['TA0043', 'reconnaissance', PROBING],
  ['TA0007', 'discovery', PROBING],
  ['TA0001', 'initialaccess', EXPLOIT],
  ['TA0002', 'execution', EXPLOIT],
  ['TA0008', 'lateralmovement', EXPLOIT],
  ['TA0004', 'privilegeescalation', ESCALATION],
  ['TA0003', 'persistence', ['Intrusion.SysCompromise', 'Access.Backdoor']],
  ['TA0006', 'credentialaccess', GUESSING],
  ['TA0009', 'collection', LEAK],
  ['TA0010', 'exfiltration', LEAK],
  ['TA0011', 'commandandcontrol', ['Malicious.Botnet', 'Malware.Other']],
]

/** Words in the name or tag of a malware family that say what kind it is. */
const KINDS: readonly (readonly [word: RegExp, terms: Terms])[] = [
  [/ransom/i, RANSOM],
  [/coin_?min|crypto_?min|xmrig/i, ['Malicious.System', 'Malware.Cryptominer']],
  [/rootkit/i, ['Malicious.System', 'Malware.Rootkit']],
  [/worm/i, ['Malicious.System', 'Malware.Worm']],
  [/stealer|spyware|keylog/i, ['Malicious.System', 'Malware.Spyware']],
  [/adware/i, ['Malicious.System', 'Malware.Adware']],
  [/back_?door|web_?shell|RAT(?![A-Za-z])/, ['Malicious.System', 'Malware.Backdoor']],
  [/downloader|dropper|(?<!up)loader/i, DELIVERY],
  [/trojan/i, ['Malicious.System', 'Malware.Trojan']],
  [/phish/i, PHISHING],
]

/**
 * `[taxonomy, class, mitre, tacticName, family, tag, severity]` → the categories of an alert. The taxonomy is `V04`, `V07`
 * or `V08`; the class is `alert.category`, the rest comes from the rule's metadata.
 * The class decides. A technique or a kind of malware replaces it where it says nothing finer, and stands beside it
 * otherwise; a tactic and a bare family name count only where nothing else is known.
 */
export const category: MappingFunction = (taxonomy, name, mitre, tacticName, family, tag, severity) => {
  const column = taxonomy === 'V04' ? 0 : 1
  const own = (classNamed(name)?.terms ?? UNCLASSIFIED)[column]
  const ids = mitreIds(mitre)
  const families = texts(family)
  const fine = [...techniques(ids), ...kinds([...families, ...texts(tag)])].map((terms) => terms[column])
  const terms = fine.reduce(refine, [own])
  if (!isVague(terms[0])) return respelled(terms, taxonomy)
  const hint = families.length > 0 ? MALWARE : tactic(ids, texts(tacticName))
  if (hint !== undefined) return wordsOf([hint], taxonomy)
  // The author of the rule did determine it: as nothing but information.
  return texts(severity).some((word) => /^informational$/i.test(word)) ? ['Other.Uncategorised'] : [own]
}

/** Terms that leave room for a finer one of their family; trojan is what the rules call any malware. */
const ROOMY = /\.Other$|^Malware\.Trojan$/

function refine(terms: string[], finer: string): string[] {
  const [own = ''] = terms
  if (terms.includes(finer)) return terms
  if (isVague(own)) return [finer]
  if (family(own) !== family(finer)) return [...terms, finer]
  if (finer.endsWith('.Other')) return terms
  return ROOMY.test(own) ? [finer, ...terms.slice(1)] : [...terms, finer]
}

function isVague(term: string | undefined): boolean {
  return term?.startsWith('Other.') ?? true
}

function family(term: string): string {
  return term.slice(0, term.indexOf('.'))
}

function techniques(ids: readonly string[]): Terms[] {
  return ids.map((id) => TECHNIQUES[id] ?? TECHNIQUES[id.slice(0, 5)]).filter((terms) => terms !== undefined)
}

function tactic(ids: readonly string[], names: readonly string[]): Terms | undefined {
  const plain = names.map((name) => name.toLowerCase().replace(/[^a-z]/g, ''))
  return TACTICS.find(([id, name]) => ids.includes(id) || plain.includes(name))?.[2]
}

function kinds(families: readonly string[]): Terms[] {
  return KINDS.filter(([word]) => families.some((text) => word.test(text))).map(([, terms]) => terms)
}
