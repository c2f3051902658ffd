import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { build, type Metafile, type Plugin } from 'esbuild'

/** What `keyhand serve` loads before its first response. */
export const ENTRIES_OF_A_START = [
  'src/main.ts',
  'src/cli/program.ts',
  'src/cli/serve.ts',
  'src/server/serve-stdio.ts',
]

/** Bundles an entry the way that the `keyhand` command is: one entry, and chunks that are loaded on first use. */
export async function bundle(options: {
  /** The folder that paths of the metafile are relative to. */
  readonly root: string
  readonly entry: string
  readonly outdir: string
  /** Source files by the one in whose place each is taken, below `root`: for a measurement of what a part costs. */
  readonly instead?: Readonly<Record<string, string>>
}): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: options.root,
    entryPoints: [{ in: options.entry, out: 'main' }],
    outdir: resolve(options.root, options.outdir),
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // A package's ES modules where it has them: they can be split, and are without what nobody imports.
    mainFields: ['module', 'main'],
    external: ['keytar', '@cedar-policy/cedar-wasm', '@1password/sdk'],
    // Identifiers stay: a stack trace from the field must be readable.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    plugins: Object.entries(options.instead ?? {}).map(([file, other]) =>
      takenInstead(resolve(options.root, file), resolve(options.root, other)),
    ),
    // CommonJS libraries inside a chunk require Node's own modules.
    banner: {
      js: "import{createRequire as keyhandCreateRequire}from'node:module';const require=keyhandCreateRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return metafile
}

function takenInstead(file: string, other: string): Plugin {
  return {
    name: 'taken-instead',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) =>
        path === file
          ? { contents: readFileSync(other, 'utf8'), resolveDir: dirname(other), loader: 'ts' }
          : null,
      )
    },
  }
}

/** What is loaded together with these entry points: their own output files, and all that those import at once. */
export function loadedWith(
  { outputs }: Metafile,
  entryPoints: readonly string[],
): { readonly files: number; readonly bytes: number } {
  const seen = new Set<string>()
  const waiting = Object.keys(outputs).filter((path) =>
    entryPoints.includes(outputs[path]?.entryPoint ?? ''),
  )
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    for (const found of outputs[path]?.imports ?? []) {
      if (found.kind === 'import-statement' && found.external !== true) waiting.push(found.path)
    }
  }
  const bytes = [...seen].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0)
  return { files: seen.size, bytes }
}
