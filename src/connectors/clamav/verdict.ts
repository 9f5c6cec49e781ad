import { wordsOf } from '../../idmefv2/terms.ts'
import type { MappingFunction } from '../../mapping/rules.ts'
import { CLASSES, type ThreatClass } from './classes.ts'
import { detectionsIn } from './detections.ts'

// What all signatures in a file come to. Each takes the record.

const PRIORITIES: readonly ThreatClass['priority'][] = ['High', 'Medium', 'Low', 'Info']

/** True where something was found whose signature does not begin with one of the excluded beginnings. */
export const found: MappingFunction = (record, excluded) => {
  const beginnings = Array.isArray(excluded) ? excluded.map(String) : []
  const counts = ({ signature }: { signature: string }) =>
    !beginnings.some((beginning) => signature.startsWith(beginning))
  return detectionsIn(record).some(counts) || undefined
}

/** Of the worst that was found. */
export const priority: MappingFunction = (record) => {
  const all = new Set(classesIn(record).map((each) => each.priority))
  return PRIORITIES.find((each) => all.has(each))
}

/** Of what decides the cause: beside malware, that something could not be scanned says nothing. */
export const category: MappingFunction = (record, taxonomy) => {
  const decisive = cause(record)
  const terms = classesIn(record).flatMap((each) => (each.cause === decisive ? [each.terms] : []))
  return wordsOf(terms, taxonomy)
}

export const cause: MappingFunction = (record) => {
  const causes = classesIn(record).map((each) => each.cause)
  return causes.includes('Malicious') ? 'Malicious' : causes.includes('Unknown') ? 'Unknown' : causes[0]
}

function classesIn(record: unknown): ThreatClass[] {
  const names = new Set(detectionsIn(record).map(({ is }) => is))
  return [...names].map((name) => CLASSES[name])
}
