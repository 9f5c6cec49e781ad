import type { Mapping } from '../../mapping/rules.ts'
import { filled, sentByClient, sentBySender, sentByServer, wholeEvent } from './attachments.ts'

type Fields = { [field: string]: Mapping }

// Which end of the connection is which. `src` is whoever sent the packet that raised the alert.

const answering: Mapping = { $equals: ['$.direction', 'to_client'] }
const ruleSays: Mapping = { $all: [{ $exists: '$.alert.source.ip' }, { $exists: '$.alert.target.ip' }] }
const CLIENTS = [
  'Client_Endpoint',
  'Client Endpoint',
  'Client_and_Server',
  'Mobile_Client',
  'SMB_Client',
  'Client',
]
const attacked = '$.alert.metadata.attack_target'
const clientAttacked: Mapping = { $any: [{ $in: [`${attacked}[0]`, CLIENTS] }, { $in: [attacked, CLIENTS] }] }

const serverIp: Mapping = { $if: [answering, '$.src_ip', '$.dest_ip'] }
const clientIp: Mapping = { $if: [answering, '$.dest_ip', '$.src_ip'] }

// What the protocols say of each end.

const serverName: Mapping = { $hostname: ['$.http.hostname', '$.tls.sni', '$.quic.sni'] }
const sender: Mapping = { $mailbox: ['$.smtp.mail_from', '$.email.from'] }
const recipient: Mapping = { $mailbox: ['$.smtp.rcpt_to[0]', '$.email.to[0]'] }
const user: Mapping = {
  $account: [
    '$.smb.ntlmssp.user',
    '$.krb5.cname',
    { $if: [{ $equals: ['$.ftp.command', 'USER'] }, '$.ftp.command_data'] },
    '$.ldap.request.bind_request.name',
    '$.pgsql.request.startup_parameters.user',
    '$.mqtt.connect.username',
    '$.rdp.cookie',
    '$.snmp.usm',
  ],
}

const client: Fields = { User: user, Email: sender }
const server: Fields = { Hostname: serverName, Email: recipient }

/** What Suricata writes where it found no application protocol. */
const NO_PROTOCOL = ['failed', 'unknown']
const application: Mapping = {
  $if: [
    { $equals: ['$.app_proto', 'doh2'] },
    ['http2', 'dns'],
    { $if: [{ $in: ['$.app_proto', NO_PROTOCOL] }, null, '$.app_proto'] },
  ],
}
const service: Mapping = { $if: [{ $in: ['$.app_proto', NO_PROTOCOL] }, null, '$.app_proto'] }

// Source and Target.

const source = (fields: Fields): Mapping => ({
  ID: { $id: 'Source' },
  ...fields,
  Protocol: ['$.proto', application],
})
const target = (fields: Fields): Mapping => ({ ID: { $id: 'Target' }, ...fields })

/** The rule has the keyword `target`: it knows who attacks whom. */
const bySignature = (side: 'source' | 'target'): Fields => ({
  IP: `$.alert.${side}.ip`,
  Port: `$.alert.${side}.port`,
  Hostname: { $ifSame: [`$.alert.${side}.ip`, serverIp, serverName] },
  User: { $ifSame: [`$.alert.${side}.ip`, clientIp, user] },
})
const src: Fields = { IP: '$.src_ip', Port: '$.src_port' }
const dest: Fields = { IP: '$.dest_ip', Port: '$.dest_port' }

/** Frames without an IP layer have nothing but this. */
const mac = (path: string): Fields => ({
  Note: { $if: [{ $exists: '$.src_ip' }, null, { $text: ['MAC ', path] }] },
})

export const attacker: Mapping = {
  $if: [
    ruleSays,
    source({
      ...bySignature('source'),
      Attachment: [...sentBySender, ...sentByClient, ...sentByServer, ...wholeEvent],
    }),
    {
      $if: [
        answering,
        {
          $if: [
            clientAttacked,
            source({ ...src, ...server, Attachment: [...sentBySender, ...sentByServer, ...wholeEvent] }),
            source({ ...dest, ...client, Attachment: [...sentByClient, ...wholeEvent] }),
          ],
        },
        source({
          ...src,
          ...client,
          ...mac('$.ether.src_mac'),
          Attachment: [...sentBySender, ...sentByClient, ...wholeEvent],
        }),
      ],
    },
  ],
}

export const victim: Mapping = {
  $if: [
    ruleSays,
    target(bySignature('target')),
    {
      $if: [
        answering,
        {
          $if: [
            clientAttacked,
            target({ ...dest, ...client, Attachment: sentByClient }),
            target({ ...src, ...server, Service: service, Attachment: [...sentBySender, ...sentByServer] }),
          ],
        },
        target({
          ...dest,
          ...server,
          ...mac('$.ether.dest_mac'),
          Service: service,
          Attachment: sentByServer,
        }),
      ],
    },
  ],
}

/** The name asked for is not the resolver's: it is another target, known by name only. DNS formats 3, 2 and 1. */
const names = ['$.dns.queries[0].rrname', '$.dns.query[0].rrname', '$.dns.rrname']
export const domain: Mapping = {
  $if: [
    { $any: names.map((path) => ({ $all: [filled(path), { $not: { $equals: [path, '.'] } }] })) },
    { ID: { $id: 'Target2' }, Hostname: { $hostname: names }, Note: 'name asked for in DNS' },
  ],
}
