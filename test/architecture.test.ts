import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path/posix'
import { expect, test } from 'vitest'

// Who may import whom in src/. A room is a folder; a file that stands in src/ itself is a room of its own. Types count too,
// so that a room can be understood, and tested, with no more than what stands here.

const src = join(import.meta.dirname, '../src')

/** For every room: the shared words, and small pure helpers that know nothing of any room. */
const SHARED = ['types', 'errors', 'nearest', 'reach']

const ARROWS: Record<string, readonly string[]> = {
  // The top: may know everything below, and nothing knows it.
  main: ['cli', 'log', 'receiver/listen', 'version'],
  cli: [
    'client',
    'config',
    'connectors',
    'delivery',
    'idmefv2',
    'log',
    'mapping',
    'metrics',
    'packaged',
    'receiver/listen',
    'session',
    'setup',
    'simdjson',
    // `check --connect` tries the way to tools.
    'sources/attempt',
    // `checkpoint` must recognise files exactly as a source does.
    'sources/file',
    'sources/identity',
    'sources/paths',
    // `convert` takes what a tool emits apart exactly as a source does.
    'sources/cut',
    'sources/unfold',
    'state',
    'testserver',
    'version',
    'worker',
  ],
  // One configuration at work: brings the rooms together, on the main thread.
  session: ['config', 'connectors', 'log', 'metrics', 'pipeline', 'pool', 'state', 'worker/messages'],
  setup: ['config', 'connectors', 'host', 'idmefv2', 'mapping', 'worker/messages'],
  pipeline: ['sources/watermark', 'worker/messages'],
  // The shared memory of the destination is allocated where the threads are started.
  pool: ['delivery/gate', 'delivery/lock', 'log', 'worker/messages', 'worker/owners'],
  // Behind the thread border.
  worker: [
    'config/options',
    'config/secret',
    'connectors/load',
    'delivery',
    'idmefv2',
    'log',
    'mapping',
    'state/deadletter',
  ],
  // load.ts, connector.ts and picture.ts; what a probe itself may know is below.
  connectors: ['mapping/rules', 'sources/paths', 'sources/tail', 'worker/messages'],
  // Where IDMEFv1 goes as it is. It stands in the place of the workers, so it gives what they give.
  gateway: [
    'connectors/connector',
    'idmefv1',
    'state/deadletter',
    'state/edges',
    'version',
    'worker/messages',
  ],
  // The porch writes to the ledger.
  sources: [
    'client',
    'idmefv1',
    'simdjson',
    'receiver',
    'state/checkpoint',
    'state/checks',
    'state/deadletter',
    'state/edges',
    'state/past',
    'state/segment',
    'state/spool',
  ],
  delivery: ['client', 'config/options'],
  // What whoever asks or sends by HTTP has in common. Of the options the types; package.json: a User-Agent has the version.
  client: ['config/options', 'config/secret', 'package.json'],
  testserver: ['idmefv2', 'receiver'],
  // What the workers count is what the metrics show.
  metrics: ['receiver/listen', 'worker/messages'],
  // What all have in common that anyone on the network may talk to.
  receiver: [],
  state: [],
  // [idmefv2] version is an option, and so are zones of local times.
  config: ['idmefv2/profiles', 'idmefv2/zone'],
  mapping: ['idmefv2', 'simdjson'],
  // The addon, which must be loaded in one way by all.
  simdjson: [],
  idmefv2: [],
  // The old format: pure, as the new one is.
  idmefv1: [],
  log: ['config/options'],
  host: [],
  packaged: [],
  version: ['packaged'],
  types: [],
  errors: [],
  nearest: [],
  reach: [],
}

/**
 * Of one probe, by its files: `index` and what asks a tool are for the main thread, `mapping` and what it imports for the workers, who
 * load nothing of `sources`.
 */
const PROBE = {
  index: ['client', 'config', 'connectors/connector', 'gateway', 'sources'],
  // Rules are pure but for connectors/picture, which reads the file that a record names, and says why there.
  others: ['connectors/picture', 'idmefv1', 'idmefv2', 'mapping', 'sources/poll'],
}

/** What a worker thread must not load: it takes no input, serves nothing, reads no configuration, and only main counts for Prometheus. */
const NOT_IN_WORKERS = [
  /^sources\//,
  /^metrics\//,
  /^cli\//,
  /^testserver\//,
  /^receiver\//,
  /^main$/,
  /^session$/,
  /^pool$/,
  /^(prom-client|zod|ini)$/,
]

/** Judged by plain values in the tests: no files, no network, no clock but what they are given. */
const PURE = [
  /^mapping\//,
  /^idmefv2\//,
  /^idmefv1\//,
  /^connectors\/[^/]+\/(?!index$)/,
  /^sources\/(identity|watermark|siblings|cut|denial|trouble)$/,
  /^delivery\/(outcome|window|body)$/,
  /^client\/(retry|words|target|error)$/,
  /^receiver\/(head|room)$/,
  /^testserver\/(negotiate|messages|summary|tally|recent|page)$/,
  /^config\/(ini|expand|facts|sample|values|options|dump|findings)$/,
  /^(nearest|reach|errors|types|pipeline)$/,
]

/** Node's modules that compute and do no more; `node:module` is for the parser seam's addon. */
const COMPUTING = /^node:(buffer|crypto|path|util|net|module|os|url)$/

const IMPORT = /^import\s+(?<type>type\s+)?(?:[^'";]*?\sfrom\s+)?'(?<name>[^']+)'/gm
const EXPORT = /^export\s+(?<type>type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+'(?<name>[^']+)'/gm
/** A name that is put together at run time (connectors/load) cannot be seen here. */
const DYNAMIC = /\bimport\('(?<name>[^']+)'/g

interface Import {
  from: string
  /** A file of src without its extension, `package.json`, or the name of a package. */
  to: string
  isInternal: boolean
  /** `import type`: gone when the program runs. `import { type A }` still loads the file. */
  isType: boolean
}

const modules = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.replace(/\.ts$/, ''))
const imports = modules.flatMap(importsOf)
const internal = imports.filter(({ isInternal }) => isInternal)

test('every import of another room follows an arrow', () => {
  const astray = internal.filter(({ from, to }) => {
    if (room(from) === room(to) || SHARED.includes(to)) return false
    return !allowed(from).some((arrow) => to === arrow || to.startsWith(`${arrow}/`))
  })
  expect(astray.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

test('every arrow is used by somebody', () => {
  const unused = Object.entries(ARROWS).flatMap(([name, arrows]) =>
    arrows
      .filter((arrow) => {
        const into = ({ from, to }: Import) =>
          room(from) === name && (to === arrow || to.startsWith(`${arrow}/`))
        return !internal.some(into)
      })
      .map((arrow) => `${name} → ${arrow}`),
  )
  expect(unused).toEqual([])
})

test('a connector imports no other connector, and its index nothing of its mapping', () => {
  const astray = internal.filter(({ from, to }) => {
    const own = probe(from)
    if (own === undefined || !to.startsWith('connectors/')) return false
    if (probe(to) === own)
      return to.endsWith('/index') || (from.endsWith('/index') && to.endsWith('/mapping'))
    return to !== 'connectors/connector' && to !== 'connectors/picture'
  })
  expect(astray.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

test('no room needs, over whatever others, itself to run', () => {
  const rooms = new Map<string, Set<string>>()
  for (const { from, to, isType } of internal) {
    if (isType || room(from) === room(to)) continue
    rooms.set(room(from), (rooms.get(room(from)) ?? new Set()).add(room(to)))
  }
  const circular = [...rooms.keys()].filter((start) =>
    reachable(rooms.get(start) ?? [], (name) => rooms.get(name) ?? []).has(start),
  )
  expect(circular).toEqual([])
})

test('no file needs, over whatever others, itself to run', () => {
  const circular = modules.filter((start) => reachable(runtimeImports(start), runtimeImports).has(start))
  expect(circular).toEqual([])
})

test('a worker loads nothing that is for the main thread', () => {
  const rules = modules.filter((path) => /^connectors\/[^/]+\/mapping$/.test(path))
  const loaded = reachable(['worker/worker', ...rules], runtimeImports)
  const astray = [...loaded].filter((path) => NOT_IN_WORKERS.some((pattern) => pattern.test(path)))
  expect(astray).toEqual([])
})

test('pure files import nothing that reads, writes, connects or waits', () => {
  const astray = imports.filter(
    ({ from, to, isInternal, isType }) =>
      PURE.some((pattern) => pattern.test(from)) &&
      !isInternal &&
      !isType &&
      to.startsWith('node:') &&
      !COMPUTING.test(to),
  )
  expect(astray.map(({ from, to }) => `${from} → ${to}`)).toEqual([])
})

function importsOf(from: string): Import[] {
  const text = readFileSync(join(src, `${from}.ts`), 'utf8')
  return [IMPORT, EXPORT, DYNAMIC].flatMap((form) =>
    [...text.matchAll(form)].map(({ groups }) => {
      const name = groups?.name ?? ''
      const isInternal = name.startsWith('.')
      const path = isInternal ? relative(src, join(src, dirname(from), name)) : name
      return { from, to: path.replace(/^\.\.\/|\.ts$/g, ''), isInternal, isType: groups?.type !== undefined }
    }),
  )
}

function runtimeImports(path: string): string[] {
  return imports.filter(({ from, isType }) => from === path && !isType).map(({ to }) => to)
}

function room(path: string): string {
  return path.split('/')[0] ?? ''
}

function probe(path: string): string | undefined {
  return /^connectors\/([^/]+)\//.exec(path)?.[1]
}

function allowed(from: string): readonly string[] {
  if (probe(from) === undefined) return ARROWS[room(from)] ?? []
  return from.endsWith('/index') ? PROBE.index : PROBE.others
}

/** Everything that can be reached from `starts`, these included. */
function reachable(starts: Iterable<string>, next: (name: string) => Iterable<string>): Set<string> {
  const found = new Set<string>()
  const waiting = [...starts]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    found.add(name)
    waiting.push(...next(name))
  }
  return found
}
