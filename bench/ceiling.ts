import { once } from 'node:events'
import { connect } from 'node:net'
import { array, single } from '../src/delivery/body.ts'
import type { Messages } from '../src/types.ts'
import { alertsOf, linesOf, type Sample } from './data.ts'
import { Mailbox } from './delivery/mailbox.ts'
import { measure } from './measure.ts'
import type { Question } from './question.ts'
import { messagesOf } from './suricata.ts'

const MESSAGES = 20_000
/** As `batch_messages` has it. */
const ARRAY = 500

const ceiling: Question = {
  asks: 'How much can the receiver itself take, in the runs below?',
  async *answer({ sample, pace }) {
    const messages = manyMessages(sample)
    const mailbox = await Mailbox.open()
    try {
      const { port } = new URL(mailbox.url)
      const variant = (name: string, bodies: readonly Uint8Array[]) => {
        const requests = Buffer.concat(bodies.map(request))
        return {
          name,
          items: MESSAGES,
          bytes: requests.length,
          async: true,
          run: () => sent(mailbox, Number(port), requests),
        }
      }
      const each = messages.ends.map((_, i) => single(messages, i))
      const arrays = Array.from({ length: MESSAGES / ARRAY }, (_, i) =>
        array(messages, i * ARRAY, (i + 1) * ARRAY),
      )
      yield await measure(
        'ceiling of the receiver: ready requests, written without waiting for answers',
        'messages',
        [variant('one message a request', each), variant(`arrays of ${ARRAY}`, arrays)],
        pace,
      )
    } finally {
      await mailbox.close()
    }
  },
}

export default ceiling

/** Until each message has arrived, once. */
async function sent(mailbox: Mailbox, port: number, requests: Buffer): Promise<void> {
  const receipt = mailbox.receive(MESSAGES)
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).resume()
  await once(socket, 'connect')
  socket.end(requests)
  await receipt
}

function request(body: Uint8Array): Buffer {
  const head = `POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

/** From different places in one buffer, so that each has an ID of its own. */
function manyMessages(sample: Sample): Messages {
  const lines: string[] = []
  for (let seed = 1; lines.length < MESSAGES; seed++) lines.push(...alertsOf(sample, seed))
  return messagesOf(linesOf(lines.slice(0, MESSAGES)))
}
