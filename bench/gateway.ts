import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import rules from '../src/connectors/idmefv1/mapping.ts'
import { type Judge, loadJudge } from '../src/gateway/dtd/validate.ts'
import { gatewayAnalyzer, relayed } from '../src/gateway/prelude/analyzer.ts'
import { encode } from '../src/gateway/prelude/encode.ts'
import { framed, priorityOf, TAG } from '../src/gateway/prelude/frames.ts'
import { isFault, readDocument } from '../src/idmefv1/document.ts'
import type { Message } from '../src/idmefv1/record.ts'
import { parse } from '../src/idmefv1/xml.ts'
import { profile } from '../src/idmefv2/profiles.ts'
import { compile } from '../src/mapping/compile.ts'
import { xmlForm } from '../src/sources/idmefv1.ts'
import { Manager } from './gateway/manager.ts'
import { measure, type Variant } from './measure.ts'
import type { Answer, Figures, Pace, Question } from './question.ts'
import { ids, out, VERSION } from './suricata.ts'

/** One alert each. */
const DOCUMENTS = { 'a typical alert': 'typical.xml', 'an alert with every class': 'everything.xml' }
/** Of a pass: short, so that many fit into a round. */
const PASS = 20
/** Of a pass over the network, where the last of them is waited for. */
const BURST = 500
const CONNECTIONS = 32

const gateway: Question = {
  asks: 'How many IDMEFv1 messages a second are read, judged, converted, encoded, sent and taken?',
  async *answer({ pace }) {
    const judge = await loadJudge()
    const documents = Object.entries(DOCUMENTS).map(([name, file]) => new Sample(name, file, judge))
    for (const document of documents) yield await steps(document, judge, pace)
    yield await sent(documents, pace)
    yield await taken(documents, pace)
  },
}

export default gateway

class Sample {
  readonly name: string
  readonly bytes: Buffer
  readonly message: Message
  /** As it lies in the spool. */
  readonly line: string
  readonly elements: number

  /** @throws when the document is not what the question takes it for */
  constructor(name: string, file: string, judge: Judge) {
    this.name = name
    this.bytes = readFileSync(new URL(`gateway/${file}`, import.meta.url))
    const read = readDocument(this.bytes)
    if (isFault(read)) throw new Error(`${file}: ${read.what}`)
    const [message, ...others] = read.messages
    const faults = judge(read.root)
    if (!message || others.length > 0 || faults) throw new Error(`${file}: ${faults ?? 'not one message'}`)
    this.message = message
    this.line = JSON.stringify(message)
    this.elements = this.bytes.toString().match(/<\w/g)?.length ?? 0
  }

  get title(): string {
    return `${this.name}: ${this.elements} elements, ${this.bytes.length} bytes`
  }
}

const OWN = gatewayAnalyzer('2047166518634331', 'secef')

/** What the Prelude lane does with a line of the spool. */
function framesOf(line: string): readonly Buffer[] {
  const message: Message = JSON.parse(line)
  return framed(TAG.idmef, priorityOf(message), encode(relayed(message, OWN)))
}

/** Of the typical alert. Not against saxes alone: what makes it slow for one makes it slow for all of a process. */
export async function parsing(pace: Pace): Promise<Figures> {
  const judge = await loadJudge()
  return steps(new Sample('a typical alert', DOCUMENTS['a typical alert'], judge), judge, pace)
}

function steps(document: Sample, judge: Judge, pace: Pace): Promise<Figures> {
  const { bytes, line, title } = document
  const [text, record] = [bytes.toString(), Buffer.from(line)]
  const tree = parse(text)
  const [reading, judging] = [xmlForm(), xmlForm({ validate: ({ root }) => judge(root)?.join('; ') })]
  const context = { values: { 'analyzer.name': 'gateway' }, options: { heartbeats: 'drop' } }
  const converter = compile(rules, profile(VERSION), context, { code: 'generated' })
  if (converter.convert(record, 0, record.length, ids, out, 0) <= 0)
    throw new Error(`not converted: ${converter.reason} ${converter.detail}`)
  const step = (name: string, one: () => unknown): Variant => ({
    name,
    items: PASS,
    run: () => {
      for (let i = 0; i < PASS; i++) one()
    },
  })
  return measure(
    title,
    'messages',
    [
      step('for comparison: JSON.parse of the line', () => JSON.parse(line)),
      step('parse: text → tree, in our limits', () => parse(text)),
      step('validate: tree → verdict, by the DTD', () => judge(tree)),
      step('take: bytes → line of the spool (parse, check values, write)', () =>
        reading.records(bytes, 'application/xml'),
      ),
      step('take with --valid-dtd', () => judging.records(bytes, 'application/xml')),
      step('encode: line → frames for Prelude', () => framesOf(line)),
      step(`convert: line → bytes of ${VERSION}`, () =>
        converter.convert(record, 0, record.length, ids, out, 0),
      ),
    ],
    pace,
  )
}

/** Over TLS to a manager in a process of its own, counted when it has read the last of them. */
async function sent(documents: readonly Sample[], pace: Pace): Promise<Answer> {
  const title = 'sent to a Prelude manager that throws away what it gets'
  await using manager = await Manager.start()
  if (!manager) return { title, findings: [{ name: 'not run', found: 'openssl is not installed' }] }
  const variants = documents.map(({ name, line }): Variant => {
    const run = async () => {
      for (let i = 0; i < BURST; i++) await manager.send(framesOf(line))
      await manager.hasAll()
    }
    return { name: `encode and send ${name}`, items: BURST, run, async: true }
  })
  // Not before the manager may go.
  return await measure(title, 'messages', variants, pace)
}

/** By HTTP: on the disk and answered. */
async function taken(documents: readonly Sample[], pace: Pace): Promise<Answer> {
  const data = fileURLToPath(new URL('data/', import.meta.url))
  mkdirSync(data, { recursive: true })
  const folder = mkdtempSync(join(data, 'gateway-'))
  const taker = fork(new URL('./push/taker.ts', import.meta.url), [folder, 'xml'], { stdio: 'inherit' })
  try {
    const [{ url }] = await once(taker, 'message')
    const variants = documents.map(({ name, bytes }): Variant => {
      const post = sender(url, bytes)
      const run = () => Promise.all(Array.from({ length: 10 * CONNECTIONS }, post))
      return { name: `${name}, ${CONNECTIONS} connections`, items: 10 * CONNECTIONS, run, async: true }
    })
    return await measure('documents posted, durable and answered', 'documents', variants, pace)
  } finally {
    taker.disconnect()
    await once(taker, 'exit')
    rmSync(folder, { recursive: true })
  }
}

/** Posts a document until it is taken: what is told to come again comes again. */
function sender(url: string, body: Buffer): () => Promise<void> {
  const pool = new Pool(url, { connections: CONNECTIONS })
  const headers = { 'content-type': 'application/xml' }
  return async () => {
    for (let status = 503; status === 503; ) {
      const answer = await pool.request({ path: '/', method: 'POST', body, headers })
      await answer.body.dump()
      status = answer.statusCode
      if (status !== 200 && status !== 503) throw new Error(`answered ${status}`)
    }
  }
}
