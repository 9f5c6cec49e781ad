import type { Fault } from './validate.ts'

const TIMES = ['CreateTime', 'StartTime', 'EndTime', 'ReportTime']
const HOLDERS = ['Source', 'Target', 'Vector']
const ZONE = /(?:Z|[-+]\d\d:\d\d)$/

/**
 * What the text of the draft asks for and its schema does not check: a zone in every timestamp (3.3.2), ports from
 * 1 to 65535, attachment names that are unique and, where referred to, exist (5.7). For messages that are
 * valid under the schema; anything of another shape is passed over.
 */
export function advise(message: unknown): Fault[] {
  return [...zones(message), ...ports(message), ...attachments(message)]
}

function zones(message: unknown): Fault[] {
  return TIMES.flatMap((name) => {
    const time = member(message, name)
    if (typeof time !== 'string' || ZONE.test(time)) return []
    return [{ pointer: `/${name}`, reason: 'has no time zone; receivers will take it for UTC' }]
  })
}

function ports(message: unknown): Fault[] {
  return items(message, 'Port').flatMap(({ pointer, value }) =>
    typeof value !== 'number' || (value >= 1 && value <= 65535)
      ? []
      : [{ pointer, reason: `must be a port from 1 to 65535, is ${value}` }],
  )
}

function attachments(message: unknown): Fault[] {
  const faults: Fault[] = []
  const known = new Set<unknown>()
  for (const [index, attachment] of list(member(message, 'Attachment')).entries()) {
    const name = member(attachment, 'Name')
    if (known.has(name)) {
      faults.push({ pointer: `/Attachment/${index}/Name`, reason: `another attachment is named ${name} too` })
    }
    known.add(name)
  }
  for (const { pointer, value } of items(message, 'Attachment')) {
    if (!known.has(value)) faults.push({ pointer, reason: `no attachment is named ${value}` })
  }
  return faults
}

/** Every item of a list field that sources, targets and vectors have, with its pointer. */
function items(message: unknown, field: string): { pointer: string; value: unknown }[] {
  return HOLDERS.flatMap((holder) =>
    list(member(message, holder)).flatMap((owner, at) =>
      list(member(owner, field)).map((value, index) => ({
        pointer: `/${holder}/${at}/${field}/${index}`,
        value,
      })),
    ),
  )
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
