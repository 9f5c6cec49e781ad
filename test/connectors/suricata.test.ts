import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { category } from '../../src/connectors/suricata/category.ts'
import { CLASSES, classNamed } from '../../src/connectors/suricata/classes.ts'
import rules from '../../src/connectors/suricata/mapping.ts'
import { mitre } from '../../src/connectors/suricata/metadata.ts'
import { account, hostname, ifSame, mailbox } from '../../src/connectors/suricata/names.ts'
import { references } from '../../src/connectors/suricata/references.ts'
import { advise } from '../../src/idmefv2/advise.ts'
import { profile, VERSIONS, type Version } from '../../src/idmefv2/profiles.ts'
import { validator } from '../../src/idmefv2/validate.ts'
import { compile, FILTERED } from '../../src/mapping/compile.ts'
import { Ids } from '../../src/mapping/ids.ts'

const fixtures = new URL('../../src/connectors/suricata/fixtures/', import.meta.url)
const sample = new URL('../../../shared/corpus/suricata/eve-sample.jsonl', import.meta.url)

const values = {
  'analyzer.name': 'Suricata',
  'analyzer.ip': '192.0.2.10',
  'analyzer.hostname': 'sensor.example.org',
}

/** What the tests look at. Anything can be absent in a real message; a test then fails by what it expects. */
interface Message {
  ID: string
  Category: string[]
  Cause: string
  Description: string
  Priority: string
  Note: string
  AltNames: string[]
  AltCategory: string[]
  Analyzer: { ID: string; Category: string[] }
  Sensor: [{ ID: string; Name: string }]
  Source: [End]
  Target: [End, End?]
  Attachment: [{ Name: string; Hash: string[]; Content: string }]
}

interface End {
  ID: string
  IP?: string
  Port?: number[]
  Hostname?: string
  User?: string
  Email?: string
  Note?: string
  Protocol?: string[]
  Attachment?: string[]
}

interface Setting {
  version?: Version
  options?: Record<string, unknown>
  code?: 'generated' | 'closures'
  /** Fields of the message to replace. */
  extension?: object
}

/** Converts lines one by one: a message, or nothing where the filter says no. */
function converter({ version = '2.D.V08', options = {}, code = 'generated', extension = {} }: Setting = {}) {
  const mapping = { ...Object(rules.mapping), ...extension }
  const compiled = compile({ ...rules, mapping }, profile(version), { values, options }, { code })
  const out = Buffer.alloc(4 << 20)
  const ids = new Ids()
  return (line: string): Message | undefined => {
    const bytes = Buffer.from(`${line}\n`)
    ids.ofContent(bytes.subarray(0, -1))
    const end = compiled.convert(bytes, 0, bytes.length - 1, ids, out, 0)
    if (end === FILTERED) return undefined
    if (end < 0) throw new Error(`${compiled.reason}: ${compiled.detail}`)
    return JSON.parse(out.toString('utf8', 0, end))
  }
}

const EVENT = {
  timestamp: '2026-03-02T14:25:36.123456+0100',
  flow_id: 1676750115612680,
  event_type: 'alert',
  src_ip: '203.0.113.5',
  src_port: 51234,
  dest_ip: '198.51.100.20',
  dest_port: 80,
  proto: 'TCP',
}
const ALERT = {
  action: 'allowed',
  gid: 1,
  signature_id: 2100498,
  rev: 7,
  signature: 'A signature',
  category: 'Misc activity',
  severity: 3,
}

interface Parts {
  [field: string]: unknown
  alert?: Record<string, unknown>
}

/** The line of an event that differs from a plain one in these parts; `undefined` takes a field away. */
function lineOf({ alert = {}, ...parts }: Parts): string {
  return JSON.stringify({ ...EVENT, ...parts, alert: { ...ALERT, ...alert } })
}

function messageOf(parts: Parts, setting: Setting = {}): Message {
  const message = converter(setting)(lineOf(parts))
  if (message === undefined) throw new Error('the filter says no')
  return message
}

describe('the classes', () => {
  test('are 43 of Suricata and four of Snort, each named once', () => {
    expect(CLASSES).toHaveLength(47)
    expect(new Set(CLASSES.map(({ name }) => name.toLowerCase())).size).toBe(47)
  })

  test('are known however their letters are cased, because editions of the file differ', () => {
    expect(classNamed('A Network Trojan was Detected')).toBe(classNamed('A Network Trojan was detected'))
    expect(classNamed('A class of ours')).toBeUndefined()
    expect(classNamed(undefined)).toBeUndefined()
  })

  test.each(VERSIONS)('have a category in %s that its schema allows', (version) => {
    const convert = converter({ version })
    for (const { name } of CLASSES) {
      const message = convert(JSON.stringify({ ...EVENT, alert: { ...ALERT, category: name } }))
      expect(message?.Category, name).toHaveLength(1)
      expect(validator(version)(message)).toEqual([])
    }
  })
})

describe('the category', () => {
  const of = (taxonomy: string, name: unknown, { mitre, tactic, family, tag, severity }: Parts = {}) =>
    category(taxonomy, name, mitre, tactic, family, tag, severity)

  test('is undetermined for no class and for one of somebody’s own', () => {
    expect(of('V08', '')).toEqual(['Other.Undetermined'])
    expect(of('V04', 'A class of ours')).toEqual(['Other.Undetermined'])
    expect(of('V08', undefined)).toEqual(['Other.Undetermined'])
  })

  test('has the spelling and the fewer kinds of malware of draft 07', () => {
    expect(of('V07', 'Detection of a Network Scan')).toEqual(['Recon.Netword'])
    expect(of('V07', 'Exploit Kit Activity Detected')).toEqual(['Malware.Other'])
    expect(of('V08', 'Exploit Kit Activity Detected')).toEqual(['Malware.Downloader'])
  })

  test('takes the finer term of a technique where the class leaves room for it', () => {
    const command = 'Malware Command and Control Activity Detected'
    expect(of('V08', command, { mitre: ['T1486'] })).toEqual(['Malware.Ransomware'])
    expect(of('V04', command, { mitre: ['T1486'] })).toEqual(['Malicious.Botnet', 'Malicious.System'])
    expect(of('V08', 'Web Application Attack', { mitre: ['T1505.003'] })).toEqual(['Access.Backdoor'])
    expect(of('V08', 'Web Application Attack', { mitre: ['T1110_001'] })).toEqual(['Access.Forced'])
  })

  test('puts a technique of another family beside the class', () => {
    expect(of('V08', 'A Network Trojan was detected', { mitre: [['TA0010'], ['T1041']] })).toEqual([
      'Malware.Trojan',
      'Theft.Breaches',
    ])
  })

  test('never gives up a fine term for a general one', () => {
    expect(of('V08', 'Attempt to login by a default username and password', { mitre: ['T1190'] })).toEqual([
      'Access.Forced',
    ])
  })

  test('asks the tactic, by ID or name, only where nothing else is known', () => {
    expect(of('V08', 'Misc activity', { mitre: ['TA0043'] })).toEqual(['Recon.Network'])
    expect(of('V04', 'Potentially Bad Traffic', { tactic: ['Credential_Access'] })).toEqual(['Attempt.Login'])
    expect(of('V08', 'Web Application Attack', { mitre: ['TA0011'] })).toEqual(['Access.Other'])
  })

  test('reads the kind of malware from family and tag', () => {
    const trojan = 'A Network Trojan was detected'
    expect(of('V08', trojan, { family: ['AsyncRAT'] })).toEqual(['Malware.Backdoor'])
    expect(of('V08', trojan, { family: ['RedLine_Stealer'] })).toEqual(['Malware.Spyware'])
    expect(of('V08', trojan, { tag: ['Ransomware', 'Description_Generated'] })).toEqual([
      'Malware.Ransomware',
    ])
    expect(of('V08', trojan, { family: ['Somename'] })).toEqual(['Malware.Trojan'])
  })

  test('is malware where the class is vague and the rule names a family', () => {
    expect(of('V08', 'Potentially Bad Traffic', { family: ['Somename'] })).toEqual(['Malware.Other'])
    expect(of('V08', 'Potentially Bad Traffic', { tag: ['Exploit'] })).toEqual(['Other.Undetermined'])
  })

  test('is determined, if only as ordinary, where the rule calls itself informational', () => {
    expect(of('V08', 'Potentially Bad Traffic', { severity: ['Informational'] })).toEqual([
      'Other.Uncategorised',
    ])
    expect(of('V08', 'Web Application Attack', { severity: ['Informational'] })).toEqual(['Access.Other'])
  })

  test('survives metadata of any shape', () => {
    for (const odd of [null, 7, {}, [[null]], 'T1486', [{}], true]) {
      expect(of('V08', odd, { mitre: odd, tactic: odd, family: odd, tag: odd, severity: odd })).toHaveLength(
        1,
      )
    }
  })
})

describe('references', () => {
  test('are CVEs as URNs first, from addresses, keys, metadata and the signature, each once', () => {
    const given = ['https://cve.mitre.org/cgi-bin/cvename.cgi?name=1999-0016', 'cve,2021-45046', 'cve,2021-1']
    const cve = ['CVE_2021_44228', '2022-22965', 'cve_2021_45046']
    expect(references(given, cve, 'Log4j RCE (CVE-2021-44228)', undefined)).toEqual([
      'urn:cve:CVE-1999-0016',
      'urn:cve:CVE-2021-45046',
      'urn:cve:CVE-2021-0001',
      'urn:cve:CVE-2021-44228',
      'urn:cve:CVE-2022-22965',
      'https://cve.mitre.org/cgi-bin/cvename.cgi?name=1999-0016',
    ])
  })

  test('become addresses from the keys of rules', () => {
    const given = [
      'url,www.example.org/x',
      'url,http://old.example/',
      'bugtraq,123',
      'arachnids,246',
      'osvdb,5',
    ]
    expect(references([...given, 'www.example.net/y', 'no address'], undefined, 'x', undefined)).toEqual([
      'https://www.example.org/x',
      'http://old.example/',
      'https://www.securityfocus.com/bid/123',
      'https://www.whitehats.com/info/IDS246',
      'urn:osvdb:5',
      'https://www.example.net/y',
    ])
  })

  test('end with the pages of techniques, not of tactics', () => {
    expect(references(undefined, undefined, 'x', [['TA0002'], ['T1059_001', 'T1190']])).toEqual([
      'https://attack.mitre.org/techniques/T1059/001/',
      'https://attack.mitre.org/techniques/T1190/',
    ])
  })

  test('do not take years in other numbers for CVEs', () => {
    expect(references(['https://example.org/2021-44228'], undefined, 'Scan 2021-44228', undefined)).toEqual([
      'https://example.org/2021-44228',
    ])
    expect(references(undefined, undefined, undefined, undefined)).toBeUndefined()
  })
})

describe('names', () => {
  test('of hosts lose port, brackets and the final dot', () => {
    expect(hostname('www.example.com:8080')).toBe('www.example.com')
    expect(hostname('[2001:db8::1]:443')).toBe('2001:db8::1')
    expect(hostname('2001:db8::1')).toBe('2001:db8::1')
    expect(hostname(undefined, '', 7, 'example.com.')).toBe('example.com')
    expect(hostname('.', ':80')).toBeUndefined()
  })

  test('of users are not what stands for none', () => {
    expect(account('', '<empty>', 'spotless')).toBe('spotless')
    expect(account(undefined, '')).toBeUndefined()
  })

  test('of mailboxes are the address alone', () => {
    expect(mailbox(undefined, 'Toto <toto@example.com>')).toBe('toto@example.com')
    expect(mailbox('<>', '<a@example.com>')).toBe('a@example.com')
    expect(mailbox('undisclosed')).toBeUndefined()
  })

  test('belong to the end with the same address', () => {
    expect(ifSame('1.1.1.1', '1.1.1.1', 'x')).toBe('x')
    expect(ifSame('1.1.1.1', '8.8.8.8', 'x')).toBeUndefined()
    expect(ifSame(undefined, undefined, 'x')).toBeUndefined()
  })

  test('of techniques are MITRE’s own', () => {
    expect(mitre([['TA0011'], 'T1059_001', ['t1190', 'T1190', 'XT1234', 'Initial_Access']])).toEqual([
      'TA0011',
      'T1059.001',
      'T1190',
    ])
  })
})

describe('which alerts are sent', () => {
  const sent = (parts: Parts, options: Record<string, unknown> = {}) =>
    converter({ options })(lineOf(parts)) !== undefined

  test('all of them, by default', () => {
    expect(sent({ alert: { category: 'Generic Protocol Command Decode' } })).toBe(true)
    expect(sent({ alert: { category: '', severity: 300 } })).toBe(true)
  })

  test('nothing but alerts, whatever is nested in an event', () => {
    expect(sent({ event_type: 'rdp', rdp: { event_type: 'alert' } })).toBe(false)
    expect(sent({ rdp: { event_type: 'initial_request' } })).toBe(true)
  })

  test('not those of an excluded class or signature', () => {
    const options = { exclude_category: ['Misc activity'], exclude_signature_id: [2200074] }
    expect(sent({}, options)).toBe(false)
    expect(sent({ alert: { category: 'Misc Attack' } }, options)).toBe(true)
    expect(sent({ alert: { category: 'Misc Attack', signature_id: 2200074 } }, options)).toBe(false)
  })

  test('only those severe enough, and those that do not say how severe they are', () => {
    const options = { minimum_severity: 2 }
    expect([0, 1, 2, 3, 4].map((severity) => sent({ alert: { severity } }, options))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
    expect(sent({ alert: { severity: undefined } }, options)).toBe(true)
  })
})

describe('a message', () => {
  test.each([
    [0, 'High'],
    [1, 'High'],
    [2, 'Medium'],
    [3, 'Low'],
    [4, 'Info'],
    [5, 'Info'],
    [300, 'Info'],
    [-1, 'Unknown'],
    [undefined, 'Unknown'],
    ['high', 'Unknown'],
  ])('has for severity %s the priority %s', (severity, priority) => {
    expect(messageOf({ alert: { severity } }).Priority).toBe(priority)
  })

  test('describes itself by the signature, else the class, else the numbers of the rule', () => {
    expect(messageOf({}).Description).toBe('A signature')
    expect(messageOf({ alert: { signature: '' } }).Description).toBe('Misc activity')
    expect(messageOf({ alert: { signature: '', category: '' } }).Description).toBe(
      'Suricata alert 1:2100498:7',
    )
    expect(messageOf({ alert: { signature: undefined, category: undefined } }).Description).toBe(
      'Suricata alert 1:2100498:7',
    )
  })

  test('tells the cause by the class', () => {
    const cause = (name: string) => messageOf({ alert: { category: name } }).Cause
    expect(cause('Web Application Attack')).toBe('Malicious')
    expect(cause('A Network Trojan was Detected')).toBe('Malicious')
    expect(cause('Not Suspicious Traffic')).toBe('Normal')
    expect(cause('Potentially Bad Traffic')).toBe('Unknown')
    expect(cause('')).toBe('Unknown')
  })

  test('names the class and the techniques in AltCategory, rule and class in AltNames', () => {
    const metadata = { mitre_tactic_id: ['TA0001'], mitre_technique_id: ['T1190', 'T1059_001'] }
    const message = messageOf({ alert: { metadata } })
    expect(message.AltNames).toEqual(['1:2100498:7', 'Misc activity'])
    expect(message.AltCategory).toEqual(['Misc activity', 'TA0001', 'T1190', 'T1059.001'])
  })

  test('comes from a prevention system when the packet was stopped', () => {
    const category = (parts: Parts, version: Version = '2.D.V08') =>
      messageOf(parts, { version }).Analyzer.Category
    expect(category({})).toEqual(['NET.NIDS'])
    expect(category({ alert: { action: 'blocked' } })).toEqual(['NET.NIPS'])
    expect(category({ verdict: { action: 'drop' } })).toEqual(['NET.NIPS'])
    expect(category({ verdict: { action: 'pass' } })).toEqual(['NET.NIDS'])
    expect(category({ alert: { action: 'blocked' } }, '2.D.V06')).toEqual(['NIDS'])
  })

  test('keeps the outcome and what helps to understand it in the note', () => {
    const note = messageOf({
      alert: { action: 'blocked' },
      verdict: { action: 'drop', reject: ['tcp-reset', 'icmp'] },
      http: { http_method: 'POST', url: '/a', status: 403 },
      xff: '192.0.2.77',
      vlan: [100, 20],
      tunnel: { src_ip: '192.0.2.1', dest_ip: '192.0.2.2', proto: 'GRE', depth: 1 },
    }).Note
    expect(note).toBe(
      'action blocked; verdict drop; rejected with tcp-reset icmp; HTTP POST /a 403; forwarded for 192.0.2.77; VLAN 100.20; tunnel GRE from 192.0.2.1 to 192.0.2.2',
    )
  })

  test('has a sensor where the event says where it was seen', () => {
    expect(messageOf({}).Sensor).toBeUndefined()
    const [sensor] = messageOf({ in_iface: 'eth1', host: 'ids-1' }).Sensor
    expect(sensor).toMatchObject({ Name: 'eth1', Hostname: 'ids-1', IP: '192.0.2.10' })
    expect(messageOf({ host: 'ids-1' }).Sensor[0].Name).toBe('ids-1')
  })

  test('gives analyzer and sensor the same ID every time, and every part its own', () => {
    const one = messageOf({ in_iface: 'eth1' })
    const other = messageOf({ in_iface: 'eth1', src_port: 51235 })
    expect(other.Analyzer.ID).toBe(one.Analyzer.ID)
    expect(other.Sensor[0].ID).toBe(one.Sensor[0].ID)
    expect(messageOf({ in_iface: 'eth2' }).Sensor[0].ID).not.toBe(one.Sensor[0].ID)
    const ids = [one.ID, other.ID, one.Source[0].ID, one.Target[0].ID, one.Analyzer.ID, one.Sensor[0].ID]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each([
    ['TCP', 'tls', ['tcp', 'tls']],
    ['TCP', 'failed', ['tcp']],
    ['TCP', undefined, ['tcp']],
    ['TCP', 'doh2', ['tcp', 'http2', 'dns']],
    ['IPv6-ICMP', undefined, ['ipv6-icmp']],
    ['253', undefined, ['253']],
    [undefined, undefined, undefined],
  ])('lists protocols from low to high: %s %s', (proto, app_proto, expected) => {
    expect(messageOf({ proto, app_proto }).Source[0].Protocol).toEqual(expected)
  })
})

describe('source and target', () => {
  const http = { http: { hostname: 'www.example.com' }, app_proto: 'http' }
  const ends = (parts: Parts) => {
    const { Source, Target } = messageOf(parts)
    return [Source?.[0], Target?.[0]].map((end) =>
      `${end?.IP}:${end?.Port?.[0]} ${end?.Hostname ?? ''}`.trim(),
    )
  }

  test('are the sender and the receiver of a packet to the server', () => {
    const expected = ['203.0.113.5:51234', '198.51.100.20:80 www.example.com']
    expect(ends({ ...http, direction: 'to_server' })).toEqual(expected)
    expect(ends(http)).toEqual(expected)
  })

  test('are swapped when the server answers: it is not the attacker', () => {
    expect(ends({ ...http, direction: 'to_client' })).toEqual([
      '198.51.100.20:80',
      '203.0.113.5:51234 www.example.com',
    ])
  })

  test.each([[['Client_Endpoint']], ['Client_and_Server']])(
    'stay when the rule says that the client is attacked: %j',
    (attack_target) => {
      const alert = { metadata: { attack_target } }
      expect(ends({ ...http, direction: 'to_client', alert })).toEqual([
        '203.0.113.5:51234 www.example.com',
        '198.51.100.20:80',
      ])
    },
  )

  test.each(['to_server', 'to_client'])('are what the keyword target says, %s', (direction) => {
    const alert = {
      source: { ip: '198.51.100.20', port: 80 },
      target: { ip: '203.0.113.5', port: 51234 },
    }
    const [source, target] = ['198.51.100.20:80', '203.0.113.5:51234']
    expect(ends({ ...http, direction, alert })).toEqual(
      direction === 'to_server'
        ? [`${source} www.example.com`, target]
        : [source, `${target} www.example.com`],
    )
  })

  test('have no ports where the packet has none, and never port 0', () => {
    const { Source, Target } = messageOf({ src_port: undefined, dest_port: 0, proto: 'ICMP' })
    expect(Source[0]).not.toHaveProperty('Port')
    expect(Target[0]).not.toHaveProperty('Port')
  })

  test('are left out rather than invented where there is no IP layer', () => {
    const nothing = {
      src_ip: undefined,
      src_port: undefined,
      dest_ip: undefined,
      dest_port: undefined,
      proto: undefined,
    }
    expect(messageOf(nothing)).not.toHaveProperty('Source')
    expect(messageOf(nothing)).not.toHaveProperty('Target')
    const ether = { src_mac: '00:1e:f6:73:59:81', dest_mac: '01:80:c2:00:00:00' }
    expect(messageOf({ ...nothing, ether }).Source[0].Note).toBe('MAC 00:1e:f6:73:59:81')
  })

  test.each([
    ['3', { queries: [{ rrname: 'c2.example.net', rrtype: 'A' }] }],
    ['2', { query: [{ rrname: 'c2.example.net', rrtype: 'A' }] }],
    ['1', { rrname: 'c2.example.net', rrtype: 'A' }],
  ])('include the name asked for in DNS, format %s, beside the resolver', (_format, dns) => {
    const { Target } = messageOf({ dest_port: 53, proto: 'UDP', app_proto: 'dns', dns })
    expect(Target).toHaveLength(2)
    expect(Target[0]).not.toHaveProperty('Hostname')
    expect(Target[1]).toMatchObject({ Hostname: 'c2.example.net', Note: 'name asked for in DNS' })
    expect(Target[1]).not.toHaveProperty('IP')
  })

  test('do not include the root of the name space', () => {
    expect(messageOf({ dns: { queries: [{ rrname: '' }] } }).Target).toHaveLength(1)
    expect(messageOf({ dns: { queries: [{ rrname: '.' }] } }).Target).toHaveLength(1)
  })

  test('carry who logged in and who wrote to whom, at the right end', () => {
    const krb5 = messageOf({ krb5: { cname: 'spotless' }, direction: 'to_client' })
    expect(krb5.Source[0]).toMatchObject({ IP: '198.51.100.20', User: 'spotless' })
    const ftp = (command: string) => messageOf({ ftp: { command, command_data: 'alice' } }).Source[0].User
    expect([ftp('USER'), ftp('PASS')]).toEqual(['alice', undefined])
    const mail = messageOf({ smtp: { mail_from: '<a@example.com>', rcpt_to: ['<b@example.org>'] } })
    expect([mail.Source[0].Email, mail.Target[0].Email]).toEqual(['a@example.com', 'b@example.org'])
  })
})

describe('attachments', () => {
  const event = {
    payload: 'R0VUIC8=',
    payload_printable: 'GET /',
    packet: 'AAEC',
    http: { http_method: 'GET', http_content_type: 'text/html', http_response_body: 'aGk=', url: '/x' },
    files: [{ filename: '/x.html' }],
  }
  const attach = (...words: string[]) => ({ options: { attach: words } })

  test('are made only on request', () => {
    expect(messageOf(event)).not.toHaveProperty('Attachment')
    expect(messageOf(event, attach('payload')).Attachment.map(({ Name }) => Name)).toEqual(['Payload'])
  })

  test('carry hash and size of what was sent, not of its base64', () => {
    const [payload] = messageOf(event, attach('payload')).Attachment
    expect(payload).toMatchObject({ Size: 5, ContentEncoding: 'base64', Content: 'R0VUIC8=' })
    expect(payload.Hash).toEqual(['sha-256:c767025d0edc7a064cf0003cc4d5a2f5f9e013c608f7a6909554afcdb1126fb2'])
  })

  test('belong to the end that sent the bytes', () => {
    const all = attach('payload', 'packet', 'http', 'raw')
    const { Source, Target } = messageOf(event, all)
    expect([Source[0].Attachment, Target[0].Attachment]).toEqual([
      ['Payload', 'Packet', 'Raw'],
      ['HttpResponseBody'],
    ])
    const answer = messageOf({ ...event, direction: 'to_client' }, all)
    expect([answer.Source[0].Attachment, answer.Target[0].Attachment]).toEqual([
      ['Raw'],
      ['Payload', 'Packet', 'HttpResponseBody'],
    ])
  })

  test('fall back to the printable text, and are not linked where there is nothing', () => {
    const printable = messageOf({ payload_printable: 'GET /' }, attach('payload', 'packet'))
    expect(printable.Attachment[0]).toMatchObject({ ContentType: 'text/plain', Size: 5, Content: 'R0VUIC8=' })
    expect(printable.Source[0].Attachment).toEqual(['Payload'])
    const empty = messageOf({ payload: '' }, attach('payload', 'packet', 'http'))
    expect(empty).not.toHaveProperty('Attachment')
    expect(empty.Source[0]).not.toHaveProperty('Attachment')
  })

  test('take type and name of the answer from what HTTP says', () => {
    const [body] = messageOf(event, attach('http')).Attachment
    expect(body).toMatchObject({
      Name: 'HttpResponseBody',
      ContentType: 'text/html',
      FileName: '/x.html',
      Size: 2,
    })
  })

  test('hold the whole event as JSON', () => {
    const [raw] = messageOf(event, attach('raw')).Attachment
    expect(raw).toMatchObject({ Name: 'Raw', ContentEncoding: 'json', ContentType: 'application/json' })
    expect(JSON.parse(raw.Content)).toMatchObject({ ...event, ...EVENT })
  })
})

const read = (name: string, file: string) => readFileSync(new URL(`${name}/${file}`, fixtures), 'utf8')
const has = (name: string, file: string) => existsSync(new URL(`${name}/${file}`, fixtures))

describe.each(readdirSync(fixtures))('fixture %s', (name) => {
  const line = read(name, 'input.json').trimEnd()
  const options = has(name, 'options.json') ? JSON.parse(read(name, 'options.json')) : {}

  test.each(['generated', 'closures'] as const)('becomes what is expected, by %s', (code) => {
    const expected = has(name, 'expected.json') ? JSON.parse(read(name, 'expected.json')) : undefined
    expect(converter({ options, code })(line)).toEqual(expected)
  })

  test.each(VERSIONS)('is valid in %s', (version) => {
    const message = converter({ version, options })(line)
    if (message === undefined) return expect(has(name, 'expected.json')).toBe(false)
    expect([...validator(version)(message), ...advise(message)]).toEqual([])
  })
})

describe('the page', () => {
  const page = readFileSync(new URL('../README.md', fixtures), 'utf8')

  test('has every class with its categories and cause', () => {
    const squeezed = page.replaceAll(/ {2,}/g, ' ')
    for (const { name, terms, cause } of CLASSES) {
      expect(squeezed).toContain(`| ${name} | ${terms[0]} | ${terms[1]} | ${cause} |`)
    }
  })

  test('shows an alert and the message it becomes', () => {
    const [, shown = ''] = page.split('<!-- example -->')
    const [event, message] = [...shown.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) =>
      JSON.parse(json),
    )
    expect(event).toEqual(JSON.parse(read('scan', 'input.json')))
    expect(message).toEqual(JSON.parse(read('scan', 'expected.json')))
  })

  test('gives a mapping that can be used', () => {
    const [, extension = '{}'] = /```json\n(\{\n {2}"\$extends"[\s\S]*?)```/.exec(page) ?? []
    const { $extends, ...fields } = JSON.parse(extension)
    expect($extends).toBe(true)
    const line = lineOf({ community_id: '1:LQU9qZlK+B5F3KDmev6m5PMibrg=' })
    const message = converter({ extension: fields })(line)
    expect(message?.AltNames).toEqual([
      '1:2100498:7',
      'Misc activity',
      'flow_id:1676750115612680',
      '1:LQU9qZlK+B5F3KDmev6m5PMibrg=',
    ])
  })
})

describe.skipIf(!existsSync(sample))('the sample of real events', () => {
  test.each(VERSIONS)('gives a valid message for each alert and for nothing else, in %s', (version) => {
    const convert = converter({ version, options: { attach: ['payload', 'http', 'packet', 'raw'] } })
    for (const line of readFileSync(sample, 'utf8').trimEnd().split('\n')) {
      const event = JSON.parse(line)
      const message = convert(line)
      expect(message !== undefined, line).toBe(event.event_type === 'alert')
      if (message) expect([...validator(version)(message), ...advise(message)], line).toEqual([])
    }
  })
})
