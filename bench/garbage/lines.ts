/**
 * What stands in a log and is no event: what a crash left, an event that was cut, another program's line, braces, a
 * character set nobody has. Those with `alert"` pass the search for candidates.
 */
export const GARBAGE: readonly string[] = [
  '\u0001\u0002\u0003',
  '{"event_type":"alert",',
  'Nov 22 06:00:00 host kernel: alert',
  '{{{"alert"}}}',
  '\xff\xfe',
]
