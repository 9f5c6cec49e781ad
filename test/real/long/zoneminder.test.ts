import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Program } from '../../e2e/program.ts'
import { until } from '../../e2e/wait.ts'
import { Camera } from '../camera.ts'
import { Monitors, whyNot } from '../monitors.ts'
import { receiver } from '../receiver.ts'

// ZoneMinder as Debian has it, with its own database, before a camera of our own: what its filter hands to the script is followed by
// the program and received by the testserver, which validates.

interface Message {
  ID: string
  Type: string[]
  Category: string[]
  Priority: string
  Description: string
  Note: string
  CreateTime: string
  EndTime: string
  CorrelID: string[]
  Sensor: [{ Name: string; CaptureZone: string }]
  Attachment: { Name: string; FileName: string; Size?: number; Hash?: string[]; Content?: string }[]
}

const why = whyNot()
const PATIENCE_MS = 120_000

describe.skipIf(why !== '')(`ZoneMinder${why}`, () => {
  test('a movement is seen at the receiver, valid, with its picture, and no name of a monitor or zone is run', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const camera = await Camera.start()
    const monitors = [
      { name: 'Front Door é', zone: 'Porch' },
      { name: 'back\\slash "q" $(touch ran) `touch ran`', zone: 'Zone "B" $(touch ran); touch ran' },
    ]
    const zoneminder = await Monitors.start(camera, monitors, { TZ: 'Asia/Kathmandu' })
    const program = new Program(['run', '-c', zoneminder.configure(url)])
    await program.says('started')

    camera.isMoving = true
    const began = () => zoneminder.sql('SELECT COUNT(DISTINCT MonitorId) FROM Events WHERE AlarmFrames > 0')
    await until(
      'the movement',
      async () => (await began()) === '2\n',
      () => zoneminder.told,
      PATIENCE_MS,
    )
    camera.isMoving = false
    const seen = (name: string) => messages.find(({ Sensor }) => Sensor[0].Name === name)
    const filtered = async () => {
      await zoneminder.filter()
      return monitors.every(({ name }) => seen(name))
    }
    await until(
      'the alerts',
      filtered,
      () => `${zoneminder.told}\n${zoneminder.lines.join('\n')}`,
      PATIENCE_MS,
    )
    await zoneminder.filter()
    expect(await program.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(zoneminder.deadLetters).toBe('')
    expect(existsSync(zoneminder.path('ran'))).toBe(false)
    expect(new Set(messages.map(({ ID }) => ID)).size).toBe(messages.length)
    expect(new Set(messages.map(({ CorrelID }) => CorrelID[0])).size).toBe(messages.length)
    for (const [index, { name, zone }] of monitors.entries()) {
      const message = seen(name)
      expect(message).toMatchObject({
        Type: ['Physical'],
        Category: ['Access.Unauthorized'],
        Priority: index === 0 ? 'Medium' : 'High',
        Description: `Movement seen, ${name}`,
        Sensor: [{ CaptureZone: zone }],
      })
      expect(message?.Note).toMatch(
        /highest score [1-9]\d*; average score \d+; [1-9]\d* of \d+ frames with an alarm; [\d.]+ s long$/,
      )
      for (const time of [message?.CreateTime ?? '', message?.EndTime ?? ''])
        expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(300_000)
      const picture = message?.Attachment.find(({ Name }) => Name === 'Picture')
      const bytes = readFileSync(picture?.FileName ?? '')
      expect(picture).toMatchObject({
        Size: bytes.length,
        Hash: [`sha-256:${createHash('sha256').update(bytes).digest('hex')}`],
        Content: bytes.toString('base64'),
      })
    }
  }, 360_000)
})
