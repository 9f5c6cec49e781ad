/** A small message that every version's schema allows, but for the version it names. */
export function message(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    Version: '2.D.V08',
    ID: '01890a5d-ac96-774b-bcce-b302099a8057',
    CreateTime: '2026-04-26T10:00:00.123Z',
    Priority: 'High',
    Category: ['Recon.Network'],
    Description: 'ET SCAN Potential SSH Scan',
    Analyzer: {
      IP: '192.0.2.1',
      Name: 'Suricata',
      Category: ['NET.NIDS'],
      Data: ['Network'],
      Method: ['Signature'],
    },
    Source: [{ ID: '01890a5d-ac96-774b-bcce-b302099a8058', IP: '198.51.100.7', Port: [5353] }],
    Target: [{ ID: '01890a5d-ac96-774b-bcce-b302099a8059', IP: '2001:db8::1', Port: [22] }],
    ...fields,
  }
}

/** The same with an ID made from a number. */
export function numbered(number: number, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return message({ ID: `00000000-0000-8000-8000-${number.toString(16).padStart(12, '0')}`, ...fields })
}
