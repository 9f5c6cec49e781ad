import { address as ipOf } from '../../idmefv2/address.ts'
import { joined, labelled, type Part, part, parts, text } from './parts.ts'

/** Where an Address of IDMEFv1 goes: IDMEFv2 has fields for IP addresses, names and mail addresses. */
export interface Place {
  ip?: string
  hostname?: string
  email?: string
  isMac?: boolean
  note?: string | undefined
}

const HOSTNAME = /^(?=.{1,253}$)(?:[a-z\d_](?:[\w-]{0,61}[a-z\d])?\.)*[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i

export function placeOf(address: Part): Place {
  const written = text(address.address)
  if (written === undefined) return { note: vlanOf(address) }
  const category = text(address.category) ?? 'unknown'
  const ip = category.endsWith('-hex') ? fromHex(written) : ipOf(written)
  const note = joined(', ', labelled('netmask', address.netmask), vlanOf(address))
  if (ip !== undefined && !category.includes('net')) return { ip, note: note && `${ip}: ${note}` }
  if (category === 'e-mail') return { email: written, note }
  if (category === 'unknown' && HOSTNAME.test(written)) return { hostname: written, note }
  return { isMac: category === 'mac', note: joined(', ', `${kindOf(category)} ${written}`, note) }
}

const kindOf = (category: string) =>
  category.includes('net') ? 'network' : category === 'unknown' ? 'address' : category.toUpperCase()

function vlanOf({ vlan_name, vlan_num }: Part): string | undefined {
  return joined(
    ' ',
    labelled('VLAN', vlan_num ?? vlan_name),
    vlan_num === undefined ? undefined : text(vlan_name),
  )
}

/** `0xc6336405`, or twice as many pairs for IPv6, with or without colons. */
function fromHex(written: string): string | undefined {
  const digits = written.replace(/^0x|:/gi, '')
  if (/^[\da-f]{8}$/i.test(digits)) {
    const bits = Number.parseInt(digits, 16)
    return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.')
  }
  if (/^[\da-f]{32}$/i.test(digits)) return ipOf(digits.replace(/(.{4})(?!$)/g, '$1:'))
  return undefined
}

/** All addresses of a Node. */
export function placesOf(node: unknown): readonly Place[] {
  return parts(part(node).address).map(placeOf)
}
