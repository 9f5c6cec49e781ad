import { readFile, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { probes } from '../connectors/load.ts'
import { EXIT, UsageError } from '../errors.ts'
import { packaged } from '../packaged.ts'
import { unknownProbe } from './probe.ts'
import type { Call, Verb } from './verb.ts'

/** It may come to hold a password. */
const MODE = 0o600

export const init: Verb = {
  summary: 'begin a configuration, and tell what to set in the tool',
  usage: `idmefv2 init PROBE [FILE|-]

Writes a commented configuration for a probe to FILE (PROBE.conf), never over one that is there, and prints what its page
says of the tool: what to set there, and where the pitfalls are. With - the configuration alone is printed.

Exit codes: 0 written, 64 there is no such probe, or FILE is there already or cannot be written
`,
  options: {},
  operands: 2,
  async run({ positionals, streams }: Call): Promise<number> {
    const [probe, file = `${probe}.conf`] = positionals
    if (probe === undefined) throw new UsageError('name the probe: idmefv2 init PROBE [FILE|-]')
    if (!probes().includes(probe)) throw new UsageError(unknownProbe(probe))
    const sample = await readFile(beside(probe, 'sample.conf'), 'utf8')
    if (file === '-') {
      streams.stdout.write(sample)
      return EXIT.ok
    }
    await create(file, sample)
    const page = beside(probe, 'README.md')
    streams.stdout.write(`${toolSide(await readFile(page, 'utf8'))}
Everything about it: ${relative('', fileURLToPath(page))}

${file} is written. Set url in it, and what is not as the defaults have it; check tells what is still missing:

  idmefv2 check -c ${file}
  idmefv2 run -c ${file}
`)
    return EXIT.ok
  },
}

/** Files that come along, as pages name them: from the root of a checkout. */
const SHIPPED = /(?<![\w./])(?:scripts|config)\/[\w-]+\.[a-z]+/g

/** A file of the probe's folder, which is shipped with the code. */
function beside(probe: string, name: string): URL {
  return new URL(`../connectors/${probe}/${name}`, import.meta.url)
}

async function create(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: MODE })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException // what the file system throws
    throw new UsageError(code === 'EEXIST' ? `${file} is there already, and stays as it is` : message)
  }
}

/** The section of a page that speaks of the tool, as text for a terminal; empty where there is none. */
function toolSide(page: string): string {
  const [, section = ''] = /^## (On the side of .*?)(?=^## )/ms.exec(page) ?? []
  return section
    .replace(/^<!--.*?-->\n/gms, '')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(SHIPPED, (path) => relative('', packaged(path)))
}
