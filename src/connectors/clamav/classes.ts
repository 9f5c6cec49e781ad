import { DELIVERY, EXPLOIT, LEAK, MINER, PHISHING, RANSOM, type Terms } from '../../idmefv2/terms.ts'

/** What the signatures of one kind find. */
export interface ThreatClass {
  name: string
  terms: Terms
  priority: 'High' | 'Medium' | 'Low' | 'Info'
  cause: 'Malicious' | 'Unknown' | 'Normal'
}

const found = (
  name: string,
  terms: Terms,
  priority: ThreatClass['priority'] = 'High',
  cause: ThreatClass['cause'] = 'Malicious',
): ThreatClass => ({ name, terms, priority, cause })

const malware = (current: string): Terms => ['Malicious.System', `Malware.${current}`]
const UNDETERMINED: Terms = ['Other.Undetermined', 'Other.Undetermined']

/** From what says most to what says least: of several, an earlier one names the alert. */
export const CLASSES = {
  ransomware: found('ransomware', RANSOM),
  rootkit: found('rootkit', malware('Rootkit')),
  backdoor: found('backdoor', malware('Backdoor')),
  worm: found('worm', malware('Worm')),
  botTrojan: found('trojan of a botnet', ['Malicious.Botnet', 'Malware.Trojan']),
  bot: found('botnet', ['Malicious.Botnet', 'Malware.Other']),
  spyware: found('spyware', malware('Spyware')),
  miner: found('miner', MINER),
  downloader: found('downloader', DELIVERY),
  exploit: found('exploit', EXPLOIT),
  virus: found('virus', malware('Virus')),
  trojan: found('trojan', malware('Trojan')),
  adware: found('adware', malware('Adware')),
  phishing: found('phishing', PHISHING),
  malware: found('other malware', malware('Other')),
  suspectedPhishing: found('suspected phishing', PHISHING, 'Medium'),
  personalData: found('personal data', LEAK, 'Medium', 'Unknown'),
  suspicious: found('suspicious content', UNDETERMINED, 'Medium', 'Unknown'),
  spam: found('spam', ['Abusive.Spam', 'Abuse.Other'], 'Low', 'Unknown'),
  unwanted: found('potentially unwanted', UNDETERMINED, 'Low', 'Unknown'),
  weak: found('weak indicator', UNDETERMINED, 'Low', 'Unknown'),
  unscanned: found('what could not be scanned', UNDETERMINED, 'Low', 'Unknown'),
  test: found('test file', ['Test.Test', 'Other.Test'], 'Info', 'Normal'),
} as const satisfies Record<string, ThreatClass>

export type ClassName = keyof typeof CLASSES

export const ORDER = Object.keys(CLASSES) as ClassName[] // the keys of a literal

/**
 * How names begin that tell something else than malware: those libclamav makes itself (its source has them as texts), and the
 * conventions of signature databases.
 */
export const PREFIXES: readonly (readonly [prefix: RegExp, name: ClassName])[] = [
  [/^(?:[^.]+\.)?eicar|^[^.]+\.test\./i, 'test'],
  [/^Heuristics\.(?:Encrypted|Limits\.Exceeded|Broken|MBRPartition|GPTPartition)/, 'unscanned'],
  [/^Heuristics\.Structured\./, 'personalData'],
  [/^Heuristics\.(?:Phishing|Safebrowsing\.Suspected-phishing)/, 'suspectedPhishing'],
  [/^Heuristics\.(?:OLE2|PDF|Zip)\./, 'suspicious'],
  [/^Heuristics\.W32\./, 'virus'],
  [/^PUA\./i, 'unwanted'],
  [/^Weak\./, 'weak'],
]

/**
 * Words of names, at the beginning of a part: `Platform.Category.Name-ID-Revision` of the official databases, and what other
 * ones have in any order. What says most comes first, for the category is often no more than `Trojan` or `Malware`.
 */
export const WORDS: readonly (readonly [words: string, name: ClassName])[] = [
  ['ransom|locker', 'ransomware'],
  ['rootkit|bootkit', 'rootkit'],
  ['backdoor|webshell|c99|remoteadmin', 'backdoor'],
  ['worm', 'worm'],
  ['mirai|gafgyt|tsunami|ircbot|botnet|emotet|qakbot', 'bot'],
  ['infostealer|stealer|keylogger|spyware|spy', 'spyware'],
  ['coinminer|miner|cryptominer|xmrig', 'miner'],
  ['downloader|dropper|loader', 'downloader'],
  ['exploit|cve[_-]', 'exploit'],
  ['phish', 'phishing'],
  ['spam|junk|scam', 'spam'],
  ['virus', 'virus'],
  ['trojan', 'trojan'],
  ['adware', 'adware'],
]

const PATTERNS = WORDS.map(([words, name]) => [new RegExp(`(?:^|[._-])(?:${words})`, 'i'), name] as const)

/** What a signature finds, by its name. */
export function classOf(signature: string): ClassName {
  // Signatures in bytecode have the names of others behind this.
  const name = signature.replace(/^BC\./, '')
  const special = PREFIXES.find(([prefix]) => prefix.test(name))?.[1]
  if (special !== undefined) return special
  const word = PATTERNS.find(([pattern]) => pattern.test(name))?.[1]
  if (word === 'bot' && /trojan/i.test(name)) return 'botTrojan'
  return word ?? (name.startsWith('Heuristics.') ? 'suspicious' : 'malware')
}
