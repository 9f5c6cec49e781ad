import {
  DELIVERY,
  EXPLOIT,
  FLOOD,
  GUESSING,
  LEAK,
  LOSS,
  MASQUERADE,
  MINER,
  PHISHING,
  PROBING,
  RANSOM,
  type Terms,
} from './terms.ts'

/**
 * Techniques of MITRE ATT&CK that say plainly what happened, by their IDs. A connector adds what its tool means by others:
 * an IDS sees an escalation (T1068) tried, an agent on the host sees that it was one.
 */
export const TECHNIQUES: Readonly<Record<string, Terms>> = {
  T1018: PROBING,
  T1046: PROBING,
  T1595: PROBING,
  T1190: EXPLOIT,
  T1203: EXPLOIT,
  T1210: EXPLOIT,
  T1110: GUESSING,
  T1566: PHISHING,
  T1598: PHISHING,
  T1105: DELIVERY,
  T1189: DELIVERY,
  T1041: LEAK,
  T1048: LEAK,
  T1567: LEAK,
  T1485: LOSS,
  T1486: RANSOM,
  T1496: MINER,
  T1498: FLOOD,
  T1499: FLOOD,
  T1557: MASQUERADE,
}
