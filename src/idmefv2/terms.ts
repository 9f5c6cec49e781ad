/** A category in the terms of drafts 04 to 06 and in those of drafts 07 and 08. */
export type Terms = readonly [old: string, current: string]

// What most tools find.
export const PROBING: Terms = ['Recon.Scanning', 'Recon.Network']
/** Drafts 07 and 08 have no term for an attack that was only attempted. */
export const EXPLOIT: Terms = ['Attempt.Exploit', 'Access.Other']
export const GUESSING: Terms = ['Attempt.Login', 'Access.Forced']
export const PHISHING: Terms = ['Fraud.Phishing', 'SocialEng.Phishing']
export const MASQUERADE: Terms = ['Fraud.Masquerade', 'Fraud.Masquerade']
export const DELIVERY: Terms = ['Malicious.Distribution', 'Malware.Downloader']
export const RANSOM: Terms = ['Malicious.System', 'Malware.Ransomware']
export const MINER: Terms = ['Fraud.UnauthorizedUsage', 'Malware.Cryptominer']
export const LEAK: Terms = ['Information.DataLeak', 'Theft.Breaches']
export const LOSS: Terms = ['Information.DataLoss', 'Sabotage.Data']
export const FLOOD: Terms = ['Availability.DoS', 'Availability.DoS']

/** All terms of draft 08 that draft 07 does not have: it spells one so, and has fewer kinds of malware. */
const V07: Readonly<Record<string, string>> = {
  'Recon.Network': 'Recon.Netword',
  'Malware.Backdoor': 'Malware.Other',
  'Malware.Cryptominer': 'Malware.Other',
  'Malware.Downloader': 'Malware.Other',
}

/**
 * The words of categories in a taxonomy, each once, in the order given. A mapping names the taxonomy, one for each branch
 * of its `$version`: `V04` for drafts 04 to 06, `V07` or `V08`; anything else is taken for `V08`.
 */
export function wordsOf(categories: readonly Terms[], taxonomy: unknown): string[] {
  return respelled(
    categories.map(([old, current]) => (taxonomy === 'V04' ? old : current)),
    taxonomy,
  )
}

/** For words that were chosen in a column of `Terms` already: those of draft 08 become those of draft 07 for `V07`. */
export function respelled(words: readonly string[], taxonomy: unknown): string[] {
  return [...new Set(taxonomy === 'V07' ? words.map((word) => V07[word] ?? word) : words)]
}
