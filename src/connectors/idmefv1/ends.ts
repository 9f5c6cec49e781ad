import type { MappingFunction } from '../../mapping/rules.ts'
import { type Place, placesOf } from './addresses.ts'
import { fileNames } from './files.ts'
import { uuidOf } from './ids.ts'
import { joined, labelled, type Part, part, parts, text, texts } from './parts.ts'
import { portsOf, protocolsOf, serviceNote } from './services.ts'

// Sources and targets. Each address of a Node is one of its own: IDMEFv2 has one IP each.

/** The user who did it, or to whom it was done, in the order of how much a kind of identifier says (RFC 4765 section 4.2.7.3.1). */
const ACTORS = ['current-user', 'original-user', 'user-privs', 'target-user', 'other-privs']
const VICTIMS = ['target-user', 'current-user', 'user-privs', 'original-user', 'other-privs']

/** `[sources, targets, id]`; protocols of targets stand with the first source: IDMEFv2 has none for a target. */
export const sources: MappingFunction = (all, targets, id) => {
  const found = parts(all).flatMap((source, i) => sourceAt(source, i, String(id)))
  const protocols = parts(targets).flatMap(({ service }) => protocolsOf(part(service)))
  if (protocols.length === 0) return found
  const [first = { ID: uuidOf('0', 'source', String(id)) }, ...others] = found
  return [{ ...first, Protocol: [...new Set([...(first.Protocol ?? []), ...protocols])] }, ...others]
}

interface End {
  ID: string
  Protocol?: readonly string[]
  [field: string]: unknown
}

function sourceAt(source: Part, index: number, id: string): readonly End[] {
  const service = part(source.service)
  const protocols = protocolsOf(service)
  const name = text(service.name)?.toLowerCase()
  const end = endOf(
    source,
    ACTORS,
    joined('; ', labelled('spoofed', yes(source.spoofed)), processNote(source)),
  )
  return spread(end, source, {
    ID: uuidOf(text(source.ident) ?? String(index), 'source', id),
    Protocol: name !== undefined && isProtocol(name) ? [...new Set([...protocols, name])] : protocols,
    Category: end.places.some(({ isMac }) => isMac) ? ['Cyber.Network.MAC'] : undefined,
  })
}

/** `[targets, id]` */
export const targets: MappingFunction = (all, id) => {
  let files = 0
  return parts(all).flatMap((target, i) => {
    const names = fileNames(parts(target.file).length, files)
    files += names.length
    const end = endOf(
      target,
      VICTIMS,
      joined('; ', labelled('decoy', yes(target.decoy)), processNote(target)),
    )
    return spread(end, target, {
      ID: uuidOf(text(target.ident) ?? String(i), 'target', String(id)),
      Service: text(part(target.service).name) ?? text(part(target.process).name),
      Attachment: names,
    })
  })
}

interface Found {
  places: readonly Place[]
  note: string | undefined
  user: string | undefined
}

function endOf(end: Part, order: readonly string[], first: string | undefined): Found {
  const places = placesOf(end.node)
  const emails = places.flatMap(({ email }) => email ?? [])
  const [user, ...others] = usersOf(end, order)
  const note = joined(
    '; ',
    first,
    labelled('interface', end.interface),
    ...places.map((place) => place.note),
    labelled('also', emails.slice(1).join(', ')),
    labelled('users', others.join(', ')),
    serviceNote(part(end.service)),
  )
  return { places, note, user }
}

/** One for each address, the others beside it in all they have. */
function spread({ places, note, user }: Found, end: Part, own: End): readonly End[] {
  const node = part(end.node)
  const common = {
    ...own,
    Hostname: text(node.name) ?? places.find(({ hostname }) => hostname !== undefined)?.hostname,
    Location: node.location,
    User: user,
    Email: places.find(({ email }) => email !== undefined)?.email,
    Port: portsOf(part(end.service)).ports,
    Note: note,
  }
  const ips = [...new Set(places.flatMap(({ ip }) => ip ?? []))]
  if (ips.length === 0) return [common]
  return ips.map((IP, i) => ({ ...common, IP, ID: i === 0 ? own.ID : uuidOf(IP, 'address', own.ID) }))
}

function usersOf(end: Part, order: readonly string[]): readonly string[] {
  const rank = ({ type }: Part) => {
    const at = order.indexOf(text(type) ?? 'original-user')
    return at < 0 ? order.length : at
  }
  return parts(part(end.user).user_id)
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap((id) => nameOf(id) ?? [])
}

function nameOf({ name, number, type }: Part): string | undefined {
  const isGroup = text(type)?.includes('group')
  const said = text(name) ?? text(number)
  return said !== undefined && isGroup ? `group ${said}` : said
}

function processNote(end: Part): string | undefined {
  const { name, pid, path, arg } = part(end.process)
  const id = text(pid) && `[${text(pid)}]`
  const said = joined(' ', joined('', text(name), id), text(path), ...texts(arg))
  return labelled('process', said)
}

const yes = (word: unknown) => (word === 'yes' ? 'yes' : undefined)

/** What IANA would call a service. */
const isProtocol = (name: string) => /^[a-z\d]+(?:-[a-z\d]+)*$/.test(name) && /[a-z]/.test(name)
