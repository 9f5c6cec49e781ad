import type { Mapping } from '../../mapping/rules.ts'
import { attached } from './attachments.ts'

// Who did it, and to whom. Decoders name things their own way; the fields are those of the decoders that Wazuh ships.

const win = (field: string) => `$.data.win.eventdata.${field}`
const guardDuty = (path: string) => `$.data.aws.service.action.${path}`

// Source.

/** One list for all: a record has the fields of one decoder. Those of a log come before those of what carries it. */
const sourceAddresses = [
  '$.data.srcip',
  '$.data.src_ip',
  win('ipAddress'),
  win('sourceIp'),
  guardDuty('networkConnectionAction.remoteIpDetails.ipAddressV4'),
  guardDuty('portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4'),
  guardDuty('awsApiCallAction.remoteIpDetails.ipAddressV4'),
  '$.data.aws.source_ip_address',
  '$.data.aws.sourceIPAddress',
  '$.data.aws.httpRequest.clientIp',
  '$.data.aws.srcaddr',
  '$.data.office365.ClientIP',
  '$.data.office365.ActorIpAddress',
  '$.data.office365.ClientIPAddress',
  '$.data.gcp.protoPayload.requestMetadata.callerIp',
  '$.data.gcp.jsonPayload.sourceIP',
  '$.data.github.actor_ip',
  '$.data.transaction.client_ip',
]

export const source: Mapping = {
  ID: { $id: 'Source' },
  IP: { $address: sourceAddresses },
  Hostname: { $hostname: ['$.data.srcip', win('sourceHostname'), win('workstationName')] },
  User: {
    $account: [
      '$.data.srcuser',
      win('subjectUserName'),
      win('user'),
      '$.syscheck.audit.login_user.name',
      '$.syscheck.audit.user.name',
      '$.data.aws.userIdentity.userName',
      '$.data.aws.userIdentity.arn',
      '$.data.aws.resource.accessKeyDetails.userName',
      '$.data.office365.UserId',
      '$.data.gcp.protoPayload.authenticationInfo.principalEmail',
      '$.data.github.actor',
    ],
  },
  Email: ['$.data.office365.UserId', '$.data.gcp.protoPayload.authenticationInfo.principalEmail'],
  Location: '$.srcgeoip',
  Protocol: { $protocol: ['$.data.protocol', '$.data.proto', win('protocol')] },
  Port: { $first: ['$.data.srcport', '$.data.src_port', win('ipPort'), win('sourcePort')] },
}

// Target.

const destination: Mapping = {
  $address: ['$.data.dstip', '$.data.dest_ip', win('destinationIp'), '$.data.aws.dstaddr'],
}
const port: Mapping = { $first: ['$.data.dstport', '$.data.dest_port', win('destinationPort')] }
const user: Mapping = { $account: ['$.data.dstuser', win('targetUserName')] }

/** A record of a cloud comes by the host that asked for it, which has no part in what happened. */
export const fromCloud: Mapping = {
  $any: ['aws', 'office365', 'gcp', 'github', 'azure', 'ms-graph'].map((service) => ({
    $exists: `$.data['${service}']`,
  })),
}

const instance = (field: string) => `$.data.aws.resource.instanceDetails.${field}`
const account: Mapping = {
  $first: ['$.data.aws.aws_account_id', '$.data.aws.accountId', '$.data.aws.recipientAccountId'],
}
const cloud: Mapping = {
  ID: { $id: 'Target' },
  IP: {
    $address: [
      instance('networkInterfaces.privateIpAddress'),
      instance('networkInterfaces[0].privateIpAddress'),
    ],
  },
  Hostname: {
    $hostname: [
      instance('networkInterfaces.publicDnsName'),
      instance('networkInterfaces[0].publicDnsName'),
      '$.data.gcp.jsonPayload.vmInstanceName',
    ],
  },
  Note: {
    $join: [
      ', ',
      { $text: ['AWS account ', account] },
      { $first: ['$.data.aws.region', '$.data.aws.awsRegion'] },
      instance('instanceId'),
      { $text: ['GCP project ', '$.data.gcp.resource.labels.project_id'] },
      {
        $text: [
          'Office 365 ',
          { $first: ['$.data.office365.OrganizationName', '$.data.office365.OrganizationId'] },
        ],
      },
      { $text: ['GitHub ', { $first: ['$.data.github.repo', '$.data.github.org'] }] },
    ],
  },
}

/** The other end of a connection, which need not be the host that saw it. */
const peer: Mapping = {
  ID: { $id: 'Target' },
  IP: destination,
  Hostname: { $hostname: [win('destinationHostname')] },
  User: user,
  Port: port,
  Attachment: [...attached],
}

/** Of records that came to the manager by syslog the location is the address of the sender. */
const sender: Mapping = { $address: ['$.location'] }
const device: Mapping = {
  ID: { $id: 'Target' },
  IP: sender,
  Hostname: { $hostname: ['$.predecoder.hostname'] },
  Service: '$.predecoder.program_name',
  User: user,
  Port: port,
  Attachment: [...attached],
}

const agentHost: Mapping = { $hostname: ['$.agent.name'] }
const host: Mapping = {
  ID: { $id: 'Target' },
  IP: '$.agent.ip',
  Hostname: agentHost,
  Note: { $if: [{ $exists: agentHost }, null, '$.agent.name'] },
  Service: '$.predecoder.program_name',
  User: user,
  Port: port,
  Attachment: [...attached],
}

export const target: Mapping = {
  $if: [
    fromCloud,
    cloud,
    {
      $if: [
        { $exists: destination },
        peer,
        { $if: [{ $all: [{ $equals: ['$.agent.id', '000'] }, { $exists: sender }] }, device, host] },
      ],
    },
  ],
}
