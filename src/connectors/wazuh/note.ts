import type { Mapping } from '../../mapping/rules.ts'

// What an analyst asks next, in a line: the facts of the module that found it, where it comes from, the log record.

const win = (field: string) => `$.data.win.system.${field}`
const vulnerable = (field: string) => `$.data.vulnerability.${field}`
const listed = (path: string): Mapping => ({ $join: [', ', path] })

const file: readonly Mapping[] = [
  { $text: ['$.syscheck.event', ' ', '$.syscheck.path'] },
  { $text: ['value ', '$.syscheck.value_name'] },
  { $text: ['changed ', listed('$.syscheck.changed_attributes')] },
  { $text: ['permissions ', '$.syscheck.perm_before', ' to ', '$.syscheck.perm_after'] },
  { $text: ['owner ', '$.syscheck.uname_before', ' to ', '$.syscheck.uname_after'] },
  { $text: ['by ', '$.syscheck.audit.process.name'] },
  { $text: ['as ', '$.syscheck.audit.effective_user.name'] },
  { $text: ['mode ', '$.syscheck.mode'] },
]

const package_: readonly Mapping[] = [
  {
    $text: ['package ', { $join: [' ', vulnerable('package.name'), vulnerable('package.version')] }],
  },
  { $text: ['severity ', vulnerable('severity')] },
  {
    $text: [
      'CVSS ',
      {
        $first: [
          vulnerable('score.base'),
          vulnerable('cvss.cvss3.base_score'),
          vulnerable('cvss.cvss2.base_score'),
        ],
      },
    ],
  },
  { $text: ['condition ', vulnerable('package.condition')] },
  { $text: ['status ', vulnerable('status')] },
]

const assessment: readonly Mapping[] = [
  { $text: ['policy ', '$.data.sca.policy'] },
  {
    $text: ['check ', { $join: [' ', '$.data.sca.check.id', '$.data.sca.check.title'] }],
  },
  { $text: ['result ', { $first: ['$.data.sca.check.result', '$.data.sca.check.status'] }] },
  { $text: ['before ', '$.data.sca.check.previous_result'] },
  { $text: ['score ', '$.data.sca.score'] },
  { $text: ['passed ', '$.data.sca.passed', ', failed ', '$.data.sca.failed'] },
]

const windows: readonly Mapping[] = [
  {
    $text: ['Windows event ', win('eventID'), ' of ', { $join: [', ', win('providerName'), win('channel')] }],
  },
  { $text: ['computer ', win('computer')] },
  { $text: ['logon type ', '$.data.win.eventdata.logonType'] },
  { $text: ['image ', '$.data.win.eventdata.image'] },
  { $text: ['command line ', { $excerpt: ['$.data.win.eventdata.commandLine'] }] },
]

const cloud: readonly Mapping[] = [
  { $text: ['AWS ', { $join: [' ', '$.data.aws.source', '$.data.aws.type', '$.data.aws.eventName'] }] },
  { $text: ['error ', '$.data.aws.errorCode'] },
  {
    $text: [
      'Office 365 ',
      {
        $join: [
          ' ',
          '$.data.office365.Workload',
          '$.data.office365.Operation',
          '$.data.office365.ResultStatus',
        ],
      },
    ],
  },
  { $text: ['GCP ', '$.data.gcp.protoPayload.methodName'] },
  { $text: ['GitHub ', '$.data.github.action'] },
]

const network: readonly Mapping[] = [
  { $text: ['IDS signature ', '$.data.alert.signature'] },
  {
    $text: [
      'HTTP ',
      { $method: '$.data.protocol' },
      ' ',
      { $join: [' ', { $excerpt: ['$.data.url'] }, '$.data.id'] },
    ],
  },
  { $text: ['action ', '$.data.action'] },
]

const origin: readonly Mapping[] = [
  { $text: ['from ', '$.location'] },
  { $text: ['logged by ', '$.predecoder.hostname'] },
  { $text: ['cluster ', '$.cluster.name', ', node ', '$.cluster.node'] },
]

/** Of a file it says what stands above. */
const log: Mapping = {
  $if: [{ $exists: '$.syscheck' }, null, { $text: ['log: ', { $excerpt: ['$.full_log', win('message')] }] }],
}

export const note: Mapping = {
  $join: [
    '; ',
    ...file,
    ...package_,
    ...assessment,
    { $text: ['$.data.virustotal.positives', ' of ', '$.data.virustotal.total', ' engines'] },
    ...windows,
    ...cloud,
    ...network,
    ...origin,
    log,
  ],
}
