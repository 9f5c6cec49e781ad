import type { Mapping } from '../../mapping/rules.ts'

// Where things stand: first in the records of libmodsecurity (3.x), then in those of mod_security2 (2.9, Apache).

const either = (three: string, two: string): Mapping => ({ $first: [three, two] })
const line = '$.request.request_line'

export const messages = either('$.transaction.messages', '$.audit_data.messages')

/** Called `id` by the first of 3.x. */
export const id: Mapping = {
  $first: ['$.transaction.unique_id', '$.transaction.id', '$.transaction.transaction_id'],
}

export const transaction = {
  clientIp: either('$.transaction.client_ip', '$.transaction.remote_address'),
  clientPort: either('$.transaction.client_port', '$.transaction.remote_port'),
  hostIp: either('$.transaction.host_ip', '$.transaction.local_address'),
  hostPort: either('$.transaction.host_port', '$.transaction.local_port'),
  producer: either('$.transaction.producer.modsecurity', '$.audit_data.producer'),
  engine: either('$.transaction.producer.secrules_engine', '$.audit_data.engine_mode'),
  /** 3.x has it since 2026; 2.9 writes an action only where it intervened. */
  interrupted: {
    $first: [
      '$.transaction.is_interrupted',
      '$.audit_data.action.intercepted',
      { $if: [{ $exists: '$.audit_data.engine_mode' }, false] },
    ],
  } satisfies Mapping,
}

export const request = {
  method: { $first: ['$.transaction.request.method', { $lineMethod: [line] }] } satisfies Mapping,
  uri: { $first: ['$.transaction.request.uri', { $lineUri: [line] }] } satisfies Mapping,
  version: { $first: ['$.transaction.request.http_version', { $lineVersion: [line] }] } satisfies Mapping,
  headers: either('$.transaction.request.headers', '$.request.headers'),
  body: { $join: ['', either('$.transaction.request.body', '$.request.body')] } satisfies Mapping,
}

export const response = {
  status: either('$.transaction.response.http_code', '$.response.status'),
  headers: either('$.transaction.response.headers', '$.response.headers'),
  body: { $join: ['', either('$.transaction.response.body', '$.response.body')] } satisfies Mapping,
}
