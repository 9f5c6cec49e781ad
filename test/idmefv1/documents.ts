/** A document around what is given. */
export const around = (inner: string, attributes = 'xmlns="http://iana.org/idmef"') =>
  `<?xml version="1.0"?>\n<IDMEF-Message ${attributes}>${inner}</IDMEF-Message>`

export const CREATED = '<CreateTime ntpstamp="0xe2551126.0x00000000">2020-04-30T08:56:06Z</CreateTime>'

/** An alert with what is given before its Classification. */
export const alert = (inner = '', messageid = 'm-1') =>
  `<Alert messageid="${messageid}"><Analyzer analyzerid="probe-1"/>${CREATED}${inner}<Classification text="A test"/></Alert>`
