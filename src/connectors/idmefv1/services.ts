import { joined, labelled, type Part, part, text, texts } from './parts.ts'

/** A portlist may name every port there is. */
const MAX_PORTS = 1024

/** The ports of a Service, and the list as it was written where it names too many. */
export function portsOf({ port, portlist }: Part): { ports: readonly number[]; note?: string } {
  const ports = typeof port === 'number' ? [port] : []
  const written = text(portlist)
  if (written === undefined) return { ports }
  for (const range of written.split(',')) {
    const [, first, last = first] = /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(range) ?? []
    for (let one = Number(first); one <= Number(last) && ports.length < MAX_PORTS; one++) ports.push(one)
    if (ports.length >= MAX_PORTS || first === undefined) return { ports, note: `ports ${written}` }
  }
  return { ports }
}

/** RFC 5237 numbers that are seen; others keep to the note. */
const NUMBERS: Readonly<Record<string, string>> = {
  1: 'icmp',
  2: 'igmp',
  6: 'tcp',
  17: 'udp',
  41: 'ipv6',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'ipv6-icmp',
  89: 'ospf',
  132: 'sctp',
}

/** From the lowest layer to the highest. */
export function protocolsOf(service: Part): readonly string[] {
  const below = text(service.iana_protocol_name) ?? NUMBERS[text(service.iana_protocol_number) ?? '']
  return [below, text(service.protocol)].flatMap((word) => word?.toLowerCase() ?? [])
}

/** What a Service says and no field takes. */
export function serviceNote(service: Part): string | undefined {
  const { web_service, snmp_service, iana_protocol_number } = service
  const web = part(web_service)
  const snmp = part(snmp_service)
  const number = text(iana_protocol_number)
  const isNamed = service.iana_protocol_name !== undefined || (number !== undefined && number in NUMBERS)
  return joined(
    '; ',
    isNamed ? undefined : labelled('IP protocol', number),
    portsOf(service).note,
    joined(' ', text(web.http_method), text(web.url)),
    labelled('CGI', web.cgi),
    labelled('arguments', texts(web.arg).join(' ')),
    labelled('SNMP', joined(' ', text(snmp.command), text(snmp.oid))),
  )
}
