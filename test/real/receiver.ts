import { onTestFinished } from 'vitest'
import { startTestserver } from '../../src/testserver/server.ts'

/** A testserver for the test that asks, which validates. */
export async function receiver<Message>() {
  const messages: Message[] = []
  const server = await startTestserver({
    port: 0,
    onMessage: (message) => {
      messages.push(message as unknown as Message) // validated by the server
    },
  })
  onTestFinished(() => server.close())
  return { messages, invalid: () => server.stats().invalid, url: `http://127.0.0.1:${server.port}/` }
}
