/**
 * Bundles the `keyhand` command into dist/: one entry, and chunks that are loaded on first use.
 *
 * A file in dist/ is never missing or half written while this runs: a server started from this checkout loads its chunks
 * late. So everything is built aside and moved in, and what is stale goes after an hour, or at once with `--clean` (packing).
 */
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Metafile } from 'esbuild'
import { bundle, ENTRIES_OF_A_START, loadedWith } from './bundle.ts'
import { writeThirdPartyLicenses } from './third-party-licenses.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
/** A client waits for this to be loaded. `import { z } from 'zod'` in place of `import * as z` alone brings 290 KiB of locales. */
const LARGEST_START = 850 * 1024
const keepStaleMs = process.argv.includes('--clean') ? 0 : 3_600_000

const started = Date.now()
mkdirSync(dist, { recursive: true })
const aside = mkdtempSync(join(root, '.build-'))
try {
  const metafile = await bundle({ root, entry: 'src/main.ts', outdir: aside })
  refuseLazyCommonJs(metafile)
  const packages = writeThirdPartyLicenses(root, metafile, join(aside, 'THIRD-PARTY-LICENSES.txt'))
  const fresh = moveInto(dist, aside)
  removeStale(dist, fresh)
  const eager = loadedWith(metafile, ENTRIES_OF_A_START)
  if (eager.bytes > LARGEST_START) {
    const size = `${(eager.bytes / 1024).toFixed(0)} KiB`
    throw new Error(
      `${size} are loaded before the first response, more than ${LARGEST_START / 1024} KiB`,
    )
  }
  // Not stdout: `npm run dev -- serve` speaks MCP there.
  console.error(
    `dist: ${fresh.size} files of ${packages} packages; loaded at start: ` +
      `${(eager.bytes / 1024).toFixed(0)} KiB in ${eager.files} files; ${Date.now() - started} ms`,
  )
} finally {
  rmSync(aside, { recursive: true, force: true })
}

/** Bundled CommonJS that is imported lazily has a default export and no names; the same line run from src/ has them. */
function refuseLazyCommonJs({ inputs }: Metafile): void {
  for (const [file, { imports }] of Object.entries(inputs)) {
    for (const { kind, path, original } of imports) {
      if (!file.startsWith('src/') || kind !== 'dynamic-import') continue
      if (inputs[path]?.format !== 'cjs') continue
      throw new Error(
        `${file} imports ${original} lazily, which is CommonJS and would lose its names: ` +
          'import it statically in a module of its own, and load that one lazily',
      )
    }
  }
}

/** Chunks first, the entry last: what the entry names is there before it. */
function moveInto(target: string, source: string): Set<string> {
  const files = filesBelow(source).sort((a, b) => Number(a === 'main.js') - Number(b === 'main.js'))
  for (const file of files) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    renameSync(join(source, file), join(target, file))
  }
  return new Set(files)
}

function removeStale(folder: string, fresh: ReadonlySet<string>): void {
  for (const file of filesBelow(folder)) {
    const path = join(folder, file)
    if (!fresh.has(file) && Date.now() - statSync(path).mtimeMs >= keepStaleMs) rmSync(path)
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
