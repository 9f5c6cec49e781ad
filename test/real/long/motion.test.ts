import { existsSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startTestserver } from '../../../src/testserver/server.ts'
import { Program } from '../../e2e/program.ts'
import { until } from '../../e2e/wait.ts'
import { Camera } from '../camera.ts'
import { MOTION, Surveillance } from '../surveillance.ts'

// Motion says that a camera is lost when there was no frame for half a minute.

const PATIENCE_MS = 90_000
const unsaid = () => ''
const why = existsSync(MOTION) ? '' : ' (motion is not installed)'

describe.skipIf(why !== '')(`Motion${why}`, () => {
  test('a camera that is lost is seen at the receiver, and that it is back', async () => {
    const said: string[] = []
    const server = await startTestserver({
      port: 0,
      onMessage: ({ Category, Priority, Description }) => {
        if (/^Camera /.test(String(Description))) said.push(`${Description}: ${Category} ${Priority}`)
      },
    })
    onTestFinished(() => server.close())
    const camera = await Camera.start()
    const { port } = camera
    const motion = new Surveillance(camera, 'Gate')
    const conf = motion.configure(`http://127.0.0.1:${server.port}/`, 'cameras = 7:Gate')
    const program = new Program(['run', '-c', conf])
    await until('Motion', () => motion.told('picture_save').length > 0)
    await camera.close()
    await until('the loss', () => said.length > 0, unsaid, PATIENCE_MS)
    await Camera.start(port)
    await until('the return', () => said.length > 1, unsaid, PATIENCE_MS)
    expect(await program.stop()).toBe(0)
    expect(said).toEqual([
      'Camera lost, camera Gate: Availability.Outage High',
      'Camera back, camera Gate: Availability.HeartBeat Info',
    ])
    expect(server.stats().invalid).toBe(0)
    expect(motion.deadLetters).toBe('')
  }, 240_000)
})
