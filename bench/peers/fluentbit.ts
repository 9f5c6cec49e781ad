import { readFileSync, writeFileSync } from 'node:fs'
import { Daemon, type Job, type Peer, versionOf } from './peer.ts'

// A line is a text until the parser takes it; its members are then the record.
const PARSERS = '[PARSER]\n    name   eve\n    format json\n'

/**
 * Fluent Bit, which Debian does not package. Its messages are made by Lua, which keeps no order of members; only the message
 * itself has an `ID`.
 */
export const fluentBit: Peer = {
  name: 'Fluent Bit',
  version: versionOf('fluent-bit', ['--version'], /v([\d.]+)/),
  hint: 'not packaged in Debian; its makers have packages',
  deliveries: ['array'],
  expecting: { mark: '"ID":"' },
  start({ url, file }: Job) {
    const daemon = new Daemon()
    const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
    const config = read('./fluent-bit.conf')
      .replaceAll('FOLDER', daemon.folder)
      .replace('FILE', file)
      .replace('PORT', new URL(url).port)
    writeFileSync(daemon.at('conf'), config)
    writeFileSync(daemon.at('parsers.conf'), PARSERS)
    writeFileSync(daemon.at('message.lua'), read('./fluent-bit.lua'))
    return daemon.start('fluent-bit', ['-c', daemon.at('conf')])
  },
}
