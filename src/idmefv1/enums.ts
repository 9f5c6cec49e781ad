/** The words of an attribute in the order of their numbers. */
export interface Values {
  words: readonly string[]
  /** The number of the first. */
  first: 0 | 1
  /** Left away where it is not set; otherwise it is then the first word, or the number 0. */
  optional?: boolean
}

const from = (first: 0 | 1, words: string): Values => ({ first, words: words.split(' ') })

/** RFC 4765 section 4.2, and Prelude's file systems. Words are compared without regard to case. */
export const ENUMS: Readonly<Record<string, Values>> = {
  data: from(0, 'string byte character date-time integer ntpstamp portlist real boolean byte-string xml'),
  origin: from(0, 'unknown vendor-specific user-specific bugtraqid cve osvdb'),
  user_id: from(0, 'original-user current-user target-user user-privs current-group group-privs other-privs'),
  user: from(0, 'unknown application os-device'),
  address: from(
    0,
    'unknown atm e-mail lotus-notes mac sna vm ipv4-addr ipv4-addr-hex ipv4-net ipv4-net-mask ipv6-addr ipv6-addr-hex ipv6-net ipv6-net-mask',
  ),
  node: from(0, 'unknown ads afs coda dfs dns hosts kerberos nds nis nisplus nt wfw'),
  truth: from(0, 'unknown yes no'),
  checksum: from(1, 'MD4 MD5 SHA1 SHA2-256 SHA2-384 SHA2-512 CRC-32 Haval Tiger Gost'),
  file: from(1, 'current original'),
  fstype: from(1, 'ufs efs nfs afs ntfs fat16 fat32 pcfs joliet iso9660'),
  linkage: from(1, 'hard-link mount-point reparse-point shortcut stream symbolic-link'),
  severity: from(1, 'info low medium high'),
  completion: from(1, 'failed succeeded'),
  impact: from(0, 'other admin dos file recon user'),
  action: from(0, 'other block-installed notification-sent taken-offline'),
  rating: from(0, 'numeric low medium high'),
}
