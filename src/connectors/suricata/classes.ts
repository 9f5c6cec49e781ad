import {
  DELIVERY,
  EXPLOIT,
  FLOOD,
  GUESSING,
  LEAK,
  MINER,
  PHISHING,
  PROBING,
  type Terms,
} from '../../idmefv2/terms.ts'

export interface RuleClass {
  /** The description of the class: what `alert.category` holds. The short name is never in eve.json. */
  name: string
  terms: Terms
  /** Whether an alert of this class is an attack, plainly ordinary traffic, or cannot be told from the class. */
  cause: 'Malicious' | 'Normal' | 'Unknown'
}

const NOTHING_KNOWN: Terms = ['Other.Undetermined', 'Other.Undetermined']
const ORDINARY: Terms = ['Other.Uncategorised', 'Other.Uncategorised']
const CONTROL: Terms = ['Malicious.Botnet', 'Malware.Other']

/**
 * The 43 classes of the classification.config that Suricata ships, in its order, then four that Snort rules
 * bring along.
 */
export const CLASSES: readonly RuleClass[] = [
  { name: 'Not Suspicious Traffic', terms: ORDINARY, cause: 'Normal' },
  { name: 'Unknown Traffic', terms: NOTHING_KNOWN, cause: 'Unknown' },
  { name: 'Potentially Bad Traffic', terms: NOTHING_KNOWN, cause: 'Unknown' },
  { name: 'Attempted Information Leak', terms: PROBING, cause: 'Malicious' },
  { name: 'Information Leak', terms: LEAK, cause: 'Malicious' },
  { name: 'Large Scale Information Leak', terms: LEAK, cause: 'Malicious' },
  { name: 'Attempted Denial of Service', terms: FLOOD, cause: 'Malicious' },
  { name: 'Denial of Service', terms: FLOOD, cause: 'Malicious' },
  { name: 'Attempted User Privilege Gain', terms: EXPLOIT, cause: 'Malicious' },
  { name: 'Unsuccessful User Privilege Gain', terms: EXPLOIT, cause: 'Malicious' },
  {
    name: 'Successful User Privilege Gain',
    terms: ['Intrusion.UserCompromise', 'Access.Compromise'],
    cause: 'Malicious',
  },
  { name: 'Attempted Administrator Privilege Gain', terms: EXPLOIT, cause: 'Malicious' },
  {
    name: 'Successful Administrator Privilege Gain',
    terms: ['Intrusion.AdminCompromise', 'Access.Escalation'],
    cause: 'Malicious',
  },
  { name: 'Decode of an RPC Query', terms: PROBING, cause: 'Unknown' },
  { name: 'Executable code was detected', terms: EXPLOIT, cause: 'Malicious' },
  { name: 'A suspicious string was detected', terms: NOTHING_KNOWN, cause: 'Unknown' },
  { name: 'A suspicious filename was detected', terms: DELIVERY, cause: 'Unknown' },
  {
    name: 'An attempted login using a suspicious username was detected',
    terms: GUESSING,
    cause: 'Malicious',
  },
  { name: 'A system call was detected', terms: EXPLOIT, cause: 'Malicious' },
  { name: 'A TCP connection was detected', terms: ORDINARY, cause: 'Unknown' },
  {
    name: 'A Network Trojan was detected',
    terms: ['Malicious.System', 'Malware.Trojan'],
    cause: 'Malicious',
  },
  { name: 'A client was using an unusual port', terms: NOTHING_KNOWN, cause: 'Unknown' },
  { name: 'Detection of a Network Scan', terms: PROBING, cause: 'Malicious' },
  { name: 'Detection of a Denial of Service Attack', terms: FLOOD, cause: 'Malicious' },
  { name: 'Detection of a non-standard protocol or event', terms: NOTHING_KNOWN, cause: 'Unknown' },
  { name: 'Generic Protocol Command Decode', terms: ORDINARY, cause: 'Unknown' },
  {
    name: 'access to a potentially vulnerable web application',
    terms: ['Vulnerable.System', 'Recon.Other'],
    cause: 'Unknown',
  },
  { name: 'Web Application Attack', terms: EXPLOIT, cause: 'Malicious' },
  { name: 'Misc activity', terms: ORDINARY, cause: 'Unknown' },
  { name: 'Misc Attack', terms: EXPLOIT, cause: 'Malicious' },
  { name: 'Generic ICMP event', terms: ORDINARY, cause: 'Unknown' },
  { name: 'Inappropriate Content was Detected', terms: ['Abusive.Illicit', 'Abuse.Other'], cause: 'Unknown' },
  {
    name: 'Potential Corporate Privacy Violation',
    terms: ['Fraud.UnauthorizedUsage', 'Operational.Policy Violation'],
    cause: 'Unknown',
  },
  { name: 'Attempt to login by a default username and password', terms: GUESSING, cause: 'Malicious' },
  {
    name: 'Targeted Malicious Activity was Detected',
    terms: ['Malicious.System', 'Malware.Other'],
    cause: 'Malicious',
  },
  { name: 'Exploit Kit Activity Detected', terms: DELIVERY, cause: 'Malicious' },
  {
    name: 'Device Retrieving External IP Address Detected',
    terms: ['Recon.Scanning', 'Recon.Other'],
    cause: 'Unknown',
  },
  { name: 'Domain Observed Used for C2 Detected', terms: CONTROL, cause: 'Malicious' },
  {
    name: 'Possibly Unwanted Program Detected',
    terms: ['Malicious.System', 'Malware.Adware'],
    cause: 'Unknown',
  },
  {
    name: 'Successful Credential Theft Detected',
    terms: ['Information.DataLeak', 'Theft.Data'],
    cause: 'Malicious',
  },
  {
    name: 'Possible Social Engineering Attempted',
    terms: PHISHING,
    cause: 'Malicious',
  },
  {
    name: 'Crypto Currency Mining Activity Detected',
    terms: MINER,
    cause: 'Malicious',
  },
  { name: 'Malware Command and Control Activity Detected', terms: CONTROL, cause: 'Malicious' },
  { name: 'Known malware command and control traffic', terms: CONTROL, cause: 'Malicious' },
  { name: 'Known client side exploit attempt', terms: EXPLOIT, cause: 'Malicious' },
  { name: 'Known malicious file or file based exploit', terms: DELIVERY, cause: 'Malicious' },
  { name: 'Sensitive Data was Transmitted Across the Network', terms: LEAK, cause: 'Unknown' },
]

/** For no class, and for one that somebody wrote himself. */
export const UNCLASSIFIED = NOTHING_KNOWN

const byName = new Map(CLASSES.map((rule) => [rule.name.toLowerCase(), rule]))

/** The class with this description. Letters may differ in case: they do between editions of the file. */
export function classNamed(name: unknown): RuleClass | undefined {
  return typeof name === 'string' ? byName.get(name.trim().toLowerCase()) : undefined
}
