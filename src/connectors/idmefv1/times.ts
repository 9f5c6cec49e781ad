import { instantOf, rfc3339, type Stamp } from '../../idmefv1/time.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { part, text } from './parts.ts'

/** `[stamp]` → RFC 3339, with the offset of the text; the NTP timestamp counts where both are there. */
export const instant: MappingFunction = (stamp) => {
  const { time, ntpstamp } = part(stamp)
  const written: Stamp = {}
  if (text(time) !== undefined) written.time = String(time)
  if (text(ntpstamp) !== undefined) written.ntpstamp = String(ntpstamp)
  const found = instantOf(written)
  return found && rfc3339(found)
}
