import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Program } from '../e2e/program.ts'
import { until } from '../e2e/wait.ts'
import { Camera } from './camera.ts'
import { receiver } from './receiver.ts'
import { Surveillance, whyNot } from './surveillance.ts'

// Motion as Debian has it, set up as the page says, before a camera of our own: what its commands tell is followed by the program
// and received by the testserver, which validates.

interface Message {
  ID: string
  Category: string[]
  Priority: string
  Description: string
  CreateTime: string
  StartTime?: string
  EndTime?: string
  CorrelID: string[]
  AltCategory: [string]
  Attachment?: [{ Name: string; FileName: string; Size?: number; Hash?: string[]; Content?: string }]
}

const why = whyNot()

describe.skipIf(why !== '')(`Motion${why}`, () => {
  test('a movement is seen at the receiver, valid, with its picture, and no name of a camera is run', async () => {
    const { messages, invalid, url } = await receiver<Message>()
    const camera = await Camera.start()
    const name = `Quai "Nord" $(touch ran) \`touch ran\` l'entrée`
    const motion = new Surveillance(camera, name, { TZ: 'Asia/Kathmandu' })
    const program = new Program(['run', '-c', motion.configure(url)])
    await program.says('started')

    const of = (event: string) => messages.filter(({ AltCategory }) => AltCategory[0] === event)
    await until('a frame of the wall', () => motion.told('picture_save').some(({ type }) => type === '2'))
    camera.isMoving = true
    await until('the movement', () => of('event_start').length > 0)
    camera.isMoving = false
    const isOver = (event: string) => of(event).length === of('event_start').length
    await until('its end', () => ['event_end', 'movie_end', 'picture_save'].every(isOver))
    expect(await program.stop()).toBe(0)

    expect(invalid()).toBe(0)
    expect(motion.deadLetters).toBe('')
    expect(existsSync(join(motion.folder, 'ran'))).toBe(false)
    const events = new Set(messages.map(({ CorrelID }) => CorrelID[0]))
    expect(events.size).toBe(of('event_start').length)
    expect(new Set(messages.map(({ ID }) => ID)).size).toBe(messages.length)
    for (const event of ['event_start', 'picture_save', 'movie_end', 'event_end'])
      expect(new Set(of(event).map(({ CorrelID }) => CorrelID[0])), event).toEqual(events)
    for (const { Category, CreateTime, StartTime } of messages) {
      expect(Category).toEqual(['Access.Unauthorized'])
      expect(CreateTime).toMatch(/\+05:45$/)
      for (const time of [CreateTime, StartTime ?? ''])
        expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(120_000)
    }
    for (const { Attachment } of of('picture_save')) {
      const [picture] = Attachment ?? []
      const bytes = readFileSync(picture?.FileName ?? '')
      expect(picture).toMatchObject({
        Size: bytes.length,
        Hash: [`sha-256:${createHash('sha256').update(bytes).digest('hex')}`],
        Content: bytes.toString('base64'),
      })
    }
    expect(of('movie_end')[0]?.Attachment?.[0].FileName).toMatch(/\.mkv$/)
  })
})
