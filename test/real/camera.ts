import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

// A network camera that shows a wall, and now and then something that passes before it: motion JPEG over HTTP, 160 by 120 pixels,
// ten frames a second.

const BOUNDARY = 'frame'
const FRAME_MS = 100
/** Of each four seconds one and a half: what never stops soon counts as a part of the wall. */
const PERIOD_FRAMES = 40
const PASSING_FRAMES = 15

const [WALL = Buffer.alloc(0), ...PASSING] = [
  '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABLAAEBAAAAAAAAAAAAAAAAAAAABgEBAAAAAAAAAAAAAAAAAAAAABABAAAAAAAAAAAAAAAAAAAAABEBAAAAAAAAAAAAAAAAAAAAAP/AABEIAHgAoAMBIgACEQADEQD/2gAMAwEAAhEDEQA/AJ4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAH/2Q==',
  '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABMAAEBAQAAAAAAAAAAAAAAAAAACAYBAQAAAAAAAAAAAAAAAAAAAAAQAQAAAAAAAAAAAAAAAAAAAAARAQAAAAAAAAAAAAAAAAAAAAD/wAARCAB4AKADASIAAhEAAxEA/9oADAMBAAIRAxEAPwDPAAAAAAAAAAAAAAAAAAAAAACoAEvioAEvgAAAAAAAAAAAAAAAqAAAAEvgAAAAAAAAAAAAAAAqAAAAEvgAAAAAAAAAAAAAAAqAAAAEvgAAAAAAAAAAAAAAAqAS+AqAS+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//Z',
  '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABMAAEBAQAAAAAAAAAAAAAAAAAACAYBAQAAAAAAAAAAAAAAAAAAAAAQAQAAAAAAAAAAAAAAAAAAAAARAQAAAAAAAAAAAAAAAAAAAAD/wAARCAB4AKADASIAAhEAAxEA/9oADAMBAAIRAxEAPwDPAAAAAAAAAAAAAAAAAAAAAAAAAAAqAEvioAEvioEvgAAAAAAAAAAAAAAKgS+qAAABL6oEvgAAAAAAAAAAAAAAKgS+qAAABL6oEvgAAAAAAAAAAAAAAKgS+qAAABL6oEvgAAAAAAAAAAAAAAKgS+AqAS+AqBL4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//Z',
  '/9j/4AAQSkZJRgABAgAAAQABAAD//gAQTGF2YzU5LjM3LjEwMAD/2wBDAAgoKC8oLzc3Nzc3N0E8QUNDQ0FBQUFDQ0NISEhVVVVISEhDQ0hIUFBVVVxfXFdXVVdfX2RkZHh4c3OMjJGsrM//xABMAAEBAQAAAAAAAAAAAAAAAAAACAYBAQAAAAAAAAAAAAAAAAAAAAAQAQAAAAAAAAAAAAAAAAAAAAARAQAAAAAAAAAAAAAAAAAAAAD/wAARCAB4AKADASIAAhEAAxEA/9oADAMBAAIRAxEAPwDPAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACoAEvioAEvgAAAAAAAAAAAAAAAqAAAAEvgAAAAAAAAAAAAAAAqAAAAEvgAAAAAAAAAAAAAAAqAAAAEvgAAAAAAAAAAAAAAAqAS+AqAS+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//Z',
].map((text) => Buffer.from(text, 'base64'))

export class Camera {
  /** Something passes, again and again. */
  isMoving = false
  /** How many programs are looking. */
  viewers = 0
  readonly #server: Server
  #frame = 0

  private constructor() {
    this.#server = createServer((_, response) => this.#show(response))
  }

  /** It is closed with the test. */
  static async start(port = 0): Promise<Camera> {
    const camera = new Camera()
    camera.#server.listen(port, '127.0.0.1')
    await once(camera.#server, 'listening')
    onTestFinished(() => camera.close())
    return camera
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/camera.mjpg`
  }

  /** As when its cable is cut. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #next(): Buffer {
    if (!this.isMoving) this.#frame = 0
    else if (this.#frame++ % PERIOD_FRAMES < PASSING_FRAMES)
      return PASSING[this.#frame % PASSING.length] ?? WALL
    return WALL
  }

  #show(response: ServerResponse): void {
    this.viewers++
    response.writeHead(200, { 'Content-Type': `multipart/x-mixed-replace; boundary=${BOUNDARY}` })
    const timer = setInterval(() => {
      const frame = this.#next()
      response.write(`--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${frame.length}\r\n\r\n`)
      response.write(frame)
      response.write('\r\n')
    }, FRAME_MS)
    response.on('close', () => {
      clearInterval(timer)
      this.viewers--
    })
  }
}
