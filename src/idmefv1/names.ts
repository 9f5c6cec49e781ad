// IDMEFv1 names its elements and attributes in several ways; Prelude, and our records, in one.

const known = new Map<string, string>()
/** Of a document's names only those of the model come again. */
const MAX_KNOWN = 500

/** `CreateTime` → `create_time`, `SNMPService` → `snmp_service`, `contextEngineID` → `context_engine_id`, `file-type` → `file_type`. */
export function nameIn(xml: string): string {
  const found = known.get(xml)
  if (found !== undefined) return found
  const name = xml
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase()
  if (known.size < MAX_KNOWN) known.set(xml, name)
  return name
}
