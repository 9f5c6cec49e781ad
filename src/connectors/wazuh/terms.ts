/** A category in the terms of drafts 04 to 06 and in those of drafts 07 and 08. */
export type Terms = readonly [old: string, current: string]

export type Cause = 'Malicious' | 'Malfunction' | 'Error' | 'Normal' | 'Unknown'

export const UNDETERMINED: Terms = ['Other.Undetermined', 'Other.Undetermined']
export const ORDINARY: Terms = ['Other.Uncategorised', 'Other.Uncategorised']
export const PROBING: Terms = ['Recon.Scanning', 'Recon.Network']
export const SNIFFING: Terms = ['Recon.Sniffing', 'Recon.Other']
/** Drafts 07 and 08 have no term for an attack that was only attempted. */
export const EXPLOIT: Terms = ['Attempt.Exploit', 'Access.Other']
/** One login that failed may be a slip; repeated ones are guessing. */
export const LOGIN: Terms = ['Attempt.Login', 'Access.Other']
export const GUESSING: Terms = ['Attempt.Login', 'Access.Forced']
export const ACCOUNT: Terms = ['Intrusion.UserCompromise', 'Access.Compromise']
export const INTRUSION: Terms = ['Intrusion.SysCompromise', 'Access.Compromise']
export const BACKDOOR: Terms = ['Intrusion.SysCompromise', 'Access.Backdoor']
export const ESCALATION: Terms = ['Intrusion.AdminCompromise', 'Access.Escalation']
export const ROOTKIT: Terms = ['Intrusion.SysCompromise', 'Malware.Rootkit']
export const TROJAN: Terms = ['Malicious.System', 'Malware.Trojan']
export const MALWARE: Terms = ['Malicious.System', 'Malware.Other']
export const MINER: Terms = ['Fraud.UnauthorizedUsage', 'Malware.Cryptominer']
export const BOTNET: Terms = ['Malicious.Botnet', 'Malware.Other']
export const DELIVERY: Terms = ['Malicious.Distribution', 'Malware.Downloader']
export const CHANGE: Terms = ['Information.UnauthorizedModification', 'Sabotage.Data']
export const ADDITION: Terms = ['Information.UnauthorizedModification', 'Other.Uncategorised']
export const LOSS: Terms = ['Information.DataLoss', 'Sabotage.Data']
export const LEAK: Terms = ['Information.DataLeak', 'Theft.Breaches']
export const INTRUDER: Terms = ['Information.UnauthorizedAccess', 'Access.Compromise']
export const WEAKNESS: Terms = ['Vulnerable.System', 'Operational.Other']
export const SETTING: Terms = ['Vulnerable.Surface', 'Availability.Misconfiguration']
export const MISCONFIGURATION: Terms = ['Availability.Misconf', 'Availability.Misconfiguration']
export const MISUSE: Terms = ['Fraud.UnauthorizedUsage', 'Operational.Policy Violation']
export const MASQUERADE: Terms = ['Fraud.Masquerade', 'Fraud.Masquerade']
export const PHISHING: Terms = ['Fraud.Phishing', 'SocialEng.Phishing']
export const SPAM: Terms = ['Abusive.Spam', 'Abuse.Other']
export const FLOOD: Terms = ['Availability.DoS', 'Availability.DoS']
export const OUTAGE: Terms = ['Availability.Outage', 'Availability.Outage']
export const FAILURE: Terms = ['Availability.Failure', 'Availability.Failure']
export const OVERLOAD: Terms = ['Availability.Failure', 'Availability.Overload']
export const SABOTAGE: Terms = ['Availability.Sabotage', 'Sabotage.Disruption']
export const PRESENCE: Terms = ['Other.Uncategorised', 'Availability.HeartBeat']

/** Draft 07 spells one term so, and has fewer kinds of malware than draft 08. */
const V07: Readonly<Record<string, string>> = {
  'Recon.Network': 'Recon.Netword',
  'Malware.Cryptominer': 'Malware.Other',
  'Malware.Downloader': 'Malware.Other',
}

/** In the words of a taxonomy: `V04`, `V07` or `V08`. */
export function wordsOf(terms: readonly Terms[], taxonomy: unknown): string[] {
  const words = terms.map(([old, current]) => (taxonomy === 'V04' ? old : current))
  return [...new Set(taxonomy === 'V07' ? words.map((word) => V07[word] ?? word) : words)]
}
