import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, join } from 'node:path'

// pnpm build: src/ as plain JavaScript with declarations in dist/, which is what the package holds. Types that do not
// fit end the build, with nothing in dist/.

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
compile()
cpSync(join(root, 'src'), dist, { recursive: true, filter: isShipped })
chmodSync(join(dist, 'main.js'), 0o755)

function compile(): void {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json')
  const project = join(import.meta.dirname, 'tsconfig.build.json')
  try {
    execFileSync(process.execPath, [join(dirname(typescript), 'bin/tsc'), '-p', project], {
      stdio: 'inherit',
    })
  } catch {
    // The compiler has said why on standard output.
    process.exit(1)
  }
}

/** The pages, samples and the DTD that stand beside the code; fixtures are for the tests. */
function isShipped(path: string): boolean {
  if (statSync(path).isDirectory()) return basename(path) !== 'fixtures'
  return ['.md', '.conf', '.dtd'].includes(extname(path))
}
