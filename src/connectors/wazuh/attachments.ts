import type { Mapping } from '../../mapping/rules.ts'

// The files that an alert is about, and, each only where it was asked for, what it was made from.

const asked = (word: string): Mapping => ({ $in: [word, { $option: 'attach' }] })

/** Hash and size tell of the file itself, which is not sent. Of one that was deleted they are the last that were known. */
const FILE: Mapping = {
  Name: 'syscheck',
  FileName: '$.syscheck.path',
  Hash: [
    { $text: ['sha-256:', '$.syscheck.sha256_after'] },
    { $text: ['sha-1:', '$.syscheck.sha1_after'] },
    { $text: ['md5:', '$.syscheck.md5_after'] },
  ],
  Size: '$.syscheck.size_after',
}

const SCANNED: Mapping = {
  Name: 'virustotal',
  FileName: '$.data.virustotal.source.file',
  Hash: [
    { $text: ['sha-1:', '$.data.virustotal.source.sha1'] },
    { $text: ['md5:', '$.data.virustotal.source.md5'] },
  ],
}

const FOUND: Mapping = { Name: 'rootcheck', FileName: '$.data.file' }

const isFile: Mapping = { $exists: '$.syscheck.path' }
const isScanned: Mapping = { $exists: '$.data.virustotal.source.file' }
const isFound: Mapping = {
  $all: [{ $equals: ['$.decoder.name', 'rootcheck'] }, { $exists: '$.data.file' }],
}

export const attachments: readonly Mapping[] = [
  { $if: [isFile, FILE] },
  { $if: [isScanned, SCANNED] },
  { $if: [isFound, FOUND] },
  { $if: [asked('log'), { $attachment: ['Log', '$.full_log', 'text', 'text/plain'] }] },
  {
    $if: [
      asked('previous'),
      {
        $attachment: ['Previous', { $first: ['$.previous_output', '$.previous_log'] }, 'text', 'text/plain'],
      },
    ],
  },
  { $if: [asked('diff'), { $attachment: ['Diff', '$.syscheck.diff', 'text', 'text/plain'] }] },
  { $if: [asked('raw'), { $attachment: ['Raw', '$', 'json', 'application/json'] }] },
]

/** Those of the target. */
export const attached: readonly Mapping[] = [
  { $if: [isFile, 'syscheck'] },
  { $if: [isScanned, 'virustotal'] },
  { $if: [isFound, 'rootcheck'] },
]
