import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Daemon, type Job, type Peer, versionOf } from './peer.ts'

/** Where `install` unpacks it, and where distributions install it. */
const ROOTS = [fileURLToPath(new URL('../data/rsyslog', import.meta.url)), '']
const ROOT = ROOTS.find((root) => existsSync(`${root}/usr/sbin/rsyslogd`)) ?? ''
const COMMAND = `${ROOT}/usr/sbin/rsyslogd`
const [SENDER] = globSync(`${ROOT}/usr/lib{,64}/{,*/}rsyslog/omelasticsearch.so`)

/** It sends by omelasticsearch, which wants to be told by the body of an answer that nothing went wrong. */
export const rsyslog: Peer = {
  name: 'rsyslog',
  version: SENDER === undefined ? undefined : versionOf(COMMAND, ['-v'], /rsyslogd\s+([\d.]*\d)/),
  hint: 'with omelasticsearch; Debian: bench/peers/install',
  deliveries: ['each', 'array'],
  expecting: { answer: '{"items":[]}' },
  start({ url, file, delivery }: Job) {
    const daemon = new Daemon()
    const config = readFileSync(new URL('./rsyslog.conf', import.meta.url), 'utf8')
      .replace('FOLDER', daemon.folder)
      .replace('FILE', file)
      .replace('PORT', new URL(url).port)
      .replace('BULK', delivery === 'array' ? 'on' : 'off')
    writeFileSync(daemon.at('conf'), config)
    const modules = SENDER?.replace(/[^/]+$/, '') ?? ''
    return daemon.start(COMMAND, ['-n', '-M', modules, '-f', daemon.at('conf'), '-i', daemon.at('pid')])
  },
}
