import { describe, expect, test } from 'vitest'
import { Program } from '../../e2e/program.ts'
import { until } from '../../e2e/wait.ts'
import { Camera } from '../camera.ts'
import { receiver } from '../receiver.ts'
import { Surveillance, whyNot } from '../surveillance.ts'

// Motion says that a camera is lost when there was no frame for half a minute.

const PATIENCE_MS = 90_000
interface Message {
  Category: string[]
  Priority: string
  Description: string
}

const unsaid = () => ''
const why = whyNot()

describe.skipIf(why !== '')(`Motion${why}`, () => {
  test('a camera that is lost is seen at the receiver, and that it is back', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const camera = await Camera.start()
    const { port } = camera
    const motion = new Surveillance(camera, 'Gate')
    const conf = motion.configure(url, 'cameras = 7:Gate')
    const said = () =>
      messages
        .filter(({ Description }) => Description.startsWith('Camera '))
        .map(({ Category, Priority, Description }) => `${Description}: ${Category} ${Priority}`)
    const program = new Program(['run', '-c', conf])
    await until('Motion', () => motion.told('picture_save').length > 0)
    await camera.close()
    await until('the loss', () => said().length > 0, unsaid, PATIENCE_MS)
    await Camera.start(port)
    await until('the return', () => said().length > 1, unsaid, PATIENCE_MS)
    expect(await program.stop()).toBe(0)
    expect(said()).toEqual([
      'Camera lost, camera Gate: Availability.Outage High',
      'Camera back, camera Gate: Availability.HeartBeat Info',
    ])
    expect(invalid()).toBe(0)
    expect(motion.deadLetters).toBe('')
  }, 240_000)
})
