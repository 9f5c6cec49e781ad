import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { lines, range } from './events.ts'
import { EXACT, Oracle } from './oracle.ts'
import { freePort } from './port.ts'
import { Site } from './site.ts'
import { until } from './wait.ts'

/** Debian's nginx-light; `.ci/run` installs it. */
const hasNginx = spawnSync('nginx', ['-v']).status === 0

test.skipIf(!hasNginx)(
  `behind a real nginx that is reloaded under load nothing is lost${hasNginx ? '' : ' (nginx is not installed)'}`,
  async () => {
    const [site, oracle] = [new Site(), await Oracle.start()]
    const nginx = await Nginx.start(site, oracle.url)
    site.configure(nginx.url, { workers: { range_min: '16KiB', range_max: '16KiB' } })
    const program = site.run()
    for (let turn = 0; turn < 4; turn++) {
      site.append(lines(turn * 500, (turn + 1) * 500))
      await until('the load', () => oracle.numbers.size > turn * 500 + 50)
      nginx.reload()
    }
    await oracle.arrival(0, 2000)
    expect(await program.stop()).toBe(0)
    const { twice, ...rest } = oracle.account(range(0, 2000))
    expect({ ...rest, twice: [] }).toEqual(EXACT)
    // A request on a connection that the old nginx was closing is sent again, with its ID.
    expect(twice.length).toBeLessThanOrEqual(4 * 2 * 64)
    expect(new Set(oracle.metas.map(({ headers }) => headers.via))).toEqual(new Set(['1.1 nginx']))
    expect(await nginx.stop()).toBe(0)
    expect(site.deadLetters).toEqual([])
  },
)

class Nginx {
  readonly url: string
  readonly #words: readonly string[]
  readonly #child: ChildProcess
  readonly #exit: Promise<number>

  private constructor(site: Site, port: number, upstream: string) {
    this.url = `http://127.0.0.1:${port}/`
    const conf = site.file('nginx.conf', configuration(site.folder, port, upstream))
    this.#words = ['-p', site.folder, '-e', site.path('nginx.log'), '-c', conf]
    this.#child = spawn('nginx', this.#words, { stdio: 'inherit' })
    this.#exit = once(this.#child, 'exit').then(([code]) => code)
    onTestFinished(async () => {
      this.#child.kill('SIGTERM')
      await this.#exit
    })
  }

  static async start(site: Site, upstream: string): Promise<Nginx> {
    const nginx = new Nginx(site, await freePort(), upstream)
    await until('nginx', () =>
      fetch(nginx.url).then(
        () => true,
        () => false,
      ),
    )
    return nginx
  }

  reload(): void {
    expect(spawnSync('nginx', [...this.#words, '-s', 'reload']).status).toBe(0)
  }

  stop(): Promise<number> {
    this.#child.kill('SIGQUIT')
    return this.#exit
  }
}

function configuration(folder: string, port: number, upstream: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
worker_processes 2;
pid ${folder}/nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  upstream receiver { server ${new URL(upstream).host}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 200;
    location / {
      proxy_pass http://receiver;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Via "1.1 nginx";
    }
  }
}
`
}
