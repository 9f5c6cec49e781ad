import { hostname, release, type as system } from 'node:os'
import type { Message } from '../../idmefv1/record.ts'
import type { Json } from '../../types.ts'
import { VERSION } from '../../version.ts'

/** Who is connected to the manager: the names that the original gateway gave itself. */
export function gatewayAnalyzer(analyzerid: string, profile: string): { [field: string]: Json } {
  return {
    analyzerid,
    name: profile,
    manufacturer: 'idmefv2-stream',
    model: 'Prelude Web Gateway',
    version: VERSION,
    class: 'Web Gateway',
    ostype: system(),
    osversion: release(),
    node: { category: 'unknown', name: hostname() },
    process: { name: 'idmefv2', pid: process.pid },
  }
}

/** The message as it came through us: we are the outermost of its analyzers, unless it names us already. */
export function relayed(message: Message, analyzer: { [field: string]: Json }): Message {
  const chain = Array.isArray(message.analyzer) ? message.analyzer : []
  const isThere = chain.some((one) => idOf(one) === analyzer.analyzerid)
  return isThere ? message : { ...message, analyzer: [analyzer, ...chain] }
}

function idOf(analyzer: Json): Json | undefined {
  return typeof analyzer === 'object' && analyzer !== null && !Array.isArray(analyzer)
    ? analyzer.analyzerid
    : undefined
}

/** Seconds between heartbeats. */
export const HEARTBEAT_SECONDS = 600

/** As libprelude sends it for its client. */
export function heartbeat(
  analyzer: { [field: string]: Json },
  status: 'starting' | 'running' | 'exiting',
  messageid: string,
  now = new Date(),
): Message {
  return {
    idmef: 'heartbeat',
    messageid,
    analyzer: [analyzer],
    create_time: { time: now.toISOString() },
    heartbeat_interval: HEARTBEAT_SECONDS,
    additional_data: [{ type: 'string', meaning: 'Analyzer status', data: status }],
  }
}
