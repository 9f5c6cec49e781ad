import { ENUMS, type Values } from './enums.ts'

// The data model of RFC 4765, and of the draft before it, in the names that Prelude gives its parts. The numbers are those
// of Prelude's wire format; `gateway/prelude` writes by them.

/** How a value is written: text, number, point in time, one of a list of words, or data whose type stands beside it. */
export type Form = 'text' | 'u8' | 'u16' | 'u32' | 'u64' | 'i32' | 'real' | 'time' | 'data' | 'enum' | 'class'

export interface Field {
  name: string
  form: Form
  /** On the wire; classes have a number of their own. */
  tag: number
  list: boolean
  /** Of an `enum`. */
  values?: Values
  /** Of a `class`: its name. */
  class: string
}

export interface Class {
  name: string
  tag: number
  fields: ReadonlyMap<string, Field>
  /** The field that an element's own text is, where it has one. */
  own?: string
}

/**
 * `name: tag [own] field:form:tag …`; a form that is a class has no tag, `*` is a list, and `.word` behind `enum` names the
 * list of its values. In the order of the wire format.
 */
const TABLE = `
additional_data: 0 meaning:text:30 type:enum.data:29 data:data:31
reference: 1 origin:enum.origin:29 name:text:30 url:text:31 meaning:text:32
classification: 2 ident:text:29 text:text:30 reference:reference*
user_id: 3 ident:text:29 type:enum.user_id:30 tty:text:31 name:text:32 number:u32:33
user: 4 ident:text:29 category:enum.user:30 user_id:user_id*
address: 5 ident:text:29 category:enum.address:30 vlan_name:text:31 vlan_num:i32:32 address:text:33 netmask:text:34
process: 6 ident:text:29 name:text:30 pid:u32:31 path:text:32 arg:text*:33 env:text*:34
web_service: 7 url:text:29 cgi:text:30 http_method:text:31 arg:text*:32
snmp_service: 8 oid:text:29 message_processing_model:u32:30 security_model:u32:31 security_name:text:32 security_level:u32:33 context_name:text:34 context_engine_id:text:35 command:text:36
service: 9 ident:text:29 ip_version:u8:30 iana_protocol_number:u8:31 iana_protocol_name:text:32 name:text:33 port:u16:34 portlist:text:35 protocol:text:36 web_service:web_service snmp_service:snmp_service
node: 10 ident:text:29 category:enum.node:30 name:text:32 location:text:31 address:address*
source: 11 ident:text:29 spoofed:enum.truth:30 interface:text:31 node:node user:user process:process service:service
file_access: 12 user_id:user_id permission:text*:29
checksum: 14 value:text:29 key:text:30 algorithm:enum.checksum:31
inode: 13 change_time:time:29 number:u32:30 major_device:u32:31 minor_device:u32:32 c_major_device:u32:33 c_minor_device:u32:34
file: 15 ident:text:29 name:text:30 path:text:31 create_time:time:32 modify_time:time:33 access_time:time:34 data_size:u64:35 disk_size:u64:36 file_access:file_access* linkage:linkage* inode:inode checksum:checksum* category:enum.file:37 fstype:enum?.fstype:38 file_type:text:39
linkage: 16 category:enum.linkage:29 name:text:30 path:text:31 file:file
target: 17 ident:text:29 decoy:enum.truth:30 interface:text:31 node:node user:user process:process service:service file:file*
analyzer: 18 analyzerid:text:29 name:text:30 manufacturer:text:31 model:text:32 version:text:33 class:text:34 ostype:text:35 osversion:text:36 node:node process:process
alertident: 19 =alertident alertident:text:29 analyzerid:text:30
impact: 20 =description severity:enum?.severity:29 completion:enum?.completion:30 type:enum.impact:31 description:text:32
action: 21 =description category:enum.action:29 description:text:30
confidence: 22 =confidence rating:enum.rating:29 confidence:real:30
assessment: 23 impact:impact action:action* confidence:confidence
tool_alert: 24 name:text:29 command:text:30 alertident:alertident*
correlation_alert: 25 name:text:29 alertident:alertident*
overflow_alert: 26 program:text:29 size:u32:30 buffer:data:31
alert: 27 messageid:text:29 analyzer:analyzer* create_time:time:30 classification:classification detect_time:time:31 analyzer_time:time:32 source:source* target:target* assessment:assessment additional_data:additional_data* tool_alert:tool_alert correlation_alert:correlation_alert overflow_alert:overflow_alert
heartbeat: 28 messageid:text:29 analyzer:analyzer* create_time:time:30 analyzer_time:time:31 heartbeat_interval:u32:32 additional_data:additional_data*
`

const PLAIN: readonly string[] = ['text', 'u8', 'u16', 'u32', 'u64', 'i32', 'real', 'time', 'data']

const CLASSES: ReadonlyMap<string, Class> = new Map(
  TABLE.trim()
    .split('\n')
    .map((row) => classIn(row))
    .map((found) => [found.name, found]),
)

/** @throws {TypeError} when there is none of this name: the table names no other */
export function classOf(name: string): Class {
  const found = CLASSES.get(name)
  if (!found) throw new TypeError(`the model has no class ${name}`)
  return found
}

function classIn(row: string): Class {
  const [head = '', rest = ''] = row.split(/:(.*)/s)
  const [tag = '', ...words] = rest.trim().split(' ')
  const own = words[0]?.startsWith('=') ? words.shift()?.slice(1) : undefined
  const fields = words.map((word) => fieldIn(word))
  return {
    name: head,
    tag: Number(tag),
    fields: new Map(fields.map((field) => [field.name, field])),
    ...(own !== undefined && { own }),
  }
}

function fieldIn(word: string): Field {
  const [name = '', what = '', tag] = word.split(':')
  const list = what.endsWith('*')
  const kind = list ? what.slice(0, -1) : what
  const common = { name, list, tag: Number(tag) }
  if (PLAIN.includes(kind)) return { ...common, form: kind as Form, class: '' } // one of the forms, just looked up
  const [form = '', values = ''] = kind.split('.')
  if (!form.startsWith('enum')) return { ...common, form: 'class', class: kind }
  return { ...common, form: 'enum', class: '', values: { ...valuesOf(values), optional: form.endsWith('?') } }
}

function valuesOf(name: string): Values {
  const values = ENUMS[name]
  if (!values) throw new TypeError(`there is no list of values ${name}`)
  return values
}
