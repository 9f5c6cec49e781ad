import {
  EXPLOIT,
  FLOOD,
  GUESSING,
  LEAK,
  LOSS,
  MASQUERADE,
  PHISHING,
  PROBING,
  type Terms,
} from '../../idmefv2/terms.ts'
import {
  type Cause,
  ESCALATION,
  FAILURE,
  LOGIN,
  MALWARE,
  MISCONFIGURATION,
  MISUSE,
  ORDINARY,
  OUTAGE,
  OVERLOAD,
  ROOTKIT,
  SETTING,
  SNIFFING,
  SPAM,
  WEAKNESS,
} from './terms.ts'

/** What the groups of a rule say. `from` and `below` bound the levels at which they say it. */
export interface Meaning {
  groups: readonly string[]
  terms: Terms
  cause: Cause
  from?: number
  below?: number
}

/**
 * After the rules that Wazuh ships (wazuh/wazuh-ruleset and wazuh/wazuh, ruleset/rules). A rule has several groups: the
 * first line that has one of them decides, so the most telling stand first. Level 4 is where Wazuh's scale goes
 * from "successful or authorised" to errors, 6 where attacks begin, 12 where events are of high importance.
 */
export const GROUPS: readonly Meaning[] = [
  { groups: ['malware', 'virus', 'yara', 'ransomware'], terms: MALWARE, cause: 'Malicious' },
  { groups: ['windows_defender'], terms: MALWARE, cause: 'Malicious', from: 12 },
  { groups: ['rootkit', 'ossec_rootkit'], terms: ROOTKIT, cause: 'Malicious' },
  { groups: ['elevation_of_privilege', 'privilege_escalation'], terms: ESCALATION, cause: 'Malicious' },
  {
    groups: ['exploit_attempt', 'sql_injection', 'sqlinjection', 'shellshock', 'xss'],
    terms: EXPLOIT,
    cause: 'Malicious',
  },
  { groups: ['dos', 'ddos', 'flood'], terms: FLOOD, cause: 'Malicious' },
  { groups: ['ip_spoof', 'dhcp_rogue_server'], terms: MASQUERADE, cause: 'Malicious' },
  { groups: ['promisc'], terms: SNIFFING, cause: 'Unknown' },
  {
    groups: ['recon', 'scan', 'web_scan', 'multiple_drops', 'multiple_blocks'],
    terms: PROBING,
    cause: 'Malicious',
  },
  { groups: ['authentication_failures'], terms: GUESSING, cause: 'Malicious' },
  {
    groups: ['authentication_failed', 'win_authentication_failed', 'invalid_login', 'login_denied'],
    terms: GUESSING,
    cause: 'Malicious',
    from: 10,
  },
  {
    groups: [
      'authentication_failed',
      'win_authentication_failed',
      'invalid_login',
      'login_denied',
      'access_denied',
      'invalid_access',
    ],
    terms: LOGIN,
    cause: 'Unknown',
  },
  { groups: ['phishing'], terms: PHISHING, cause: 'Malicious' },
  { groups: ['spam', 'multiple_spam'], terms: SPAM, cause: 'Unknown' },
  { groups: ['logs_cleared', 'log_clearing', 'log_clearing_auditlog'], terms: LOSS, cause: 'Unknown' },
  {
    groups: ['attack', 'attacks', 'web_attack', 'ids', 'modsecurity', 'naxsi', 'aws_waf_block'],
    terms: EXPLOIT,
    cause: 'Malicious',
    from: 6,
  },
  { groups: ['policy_violation', 'login_time', 'login_day'], terms: MISUSE, cause: 'Unknown' },
  { groups: ['aws_macie'], terms: LEAK, cause: 'Unknown', from: 4 },
  {
    groups: ['aws_inspector', 'vuls', 'qualysguard', 'openvasmd', 'vulnerability'],
    terms: WEAKNESS,
    cause: 'Error',
    from: 4,
  },
  {
    groups: ['ciscat', 'oscap', 'policy_monitoring', 'aws_trusted_advisor', 'aws_config_snapshot_compliance'],
    terms: SETTING,
    cause: 'Error',
    from: 4,
  },
  {
    groups: [
      'adduser',
      'account_changed',
      'group_changed',
      'win_group_changed',
      'group_created',
      'win_group_created',
    ],
    terms: ESCALATION,
    cause: 'Unknown',
    from: 12,
  },
  { groups: ['agent_flooding', 'low_diskspace'], terms: OVERLOAD, cause: 'Malfunction', from: 4 },
  { groups: ['system_shutdown'], terms: OUTAGE, cause: 'Unknown' },
  { groups: ['service_availability'], terms: OUTAGE, cause: 'Malfunction', from: 4 },
  { groups: ['configuration_failure', 'client_misconfig'], terms: MISCONFIGURATION, cause: 'Error' },
  { groups: ['system_error', 'errors', 'fim_db_state'], terms: FAILURE, cause: 'Malfunction', from: 4 },
  {
    groups: ['authentication_success', 'active_response', 'agent_flooding', 'usb'],
    terms: ORDINARY,
    cause: 'Normal',
    below: 4,
  },
  {
    groups: [
      'authentication_success',
      'active_response',
      'adduser',
      'account_changed',
      'group_changed',
      'win_group_changed',
      'group_created',
      'group_deleted',
      'win_group_created',
      'win_group_deleted',
      'config_changed',
      'policy_changed',
    ],
    terms: ORDINARY,
    cause: 'Unknown',
    below: 12,
  },
]

export function meaningOf(groups: readonly string[], level: number): Meaning | undefined {
  return GROUPS.find(
    ({ groups: named, from = 0, below = Number.POSITIVE_INFINITY }) =>
      level >= from && level < below && named.some((group) => groups.includes(group)),
  )
}
