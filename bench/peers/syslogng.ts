import { readFileSync, writeFileSync } from 'node:fs'
import { Daemon, type Job, type Peer, versionOf } from './peer.ts'

const BATCH =
  'batch-lines(500) batch-bytes(512Kb) batch-timeout(100) delimiter(",") body-prefix("[") body-suffix("]")'

/** syslog-ng; its http destination is a package of its own. */
export const syslogNg: Peer = {
  name: 'syslog-ng',
  version: versionOf('syslog-ng', ['--version'], /\(([\d.]+)\)(?=.*http)/s),
  hint: 'with its http module; Debian: bench/peers/install',
  deliveries: ['each', 'array'],
  start({ url, file, delivery }: Job) {
    const daemon = new Daemon()
    const config = readFileSync(new URL('./syslog-ng.conf', import.meta.url), 'utf8')
      .replace('FILE', file)
      .replace('URL', url)
      .replace('WORKERS', '4')
      .replace('BATCH', delivery === 'array' ? BATCH : '')
    writeFileSync(daemon.at('conf'), config)
    const files = ['-f', 'conf', '-R', 'persist', '-c', 'control', '-p', 'pid']
    const paths = files.map((word) => (word.startsWith('-') ? word : daemon.at(word)))
    return daemon.start('syslog-ng', ['--foreground', '--no-caps', '--stderr', ...paths])
  },
}
