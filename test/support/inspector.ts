import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const manifest = import.meta.resolve('@modelcontextprotocol/inspector/package.json')
const program = join(dirname(fileURLToPath(manifest)), 'clients/launcher/build/index.js')

export interface Inspection {
  /** 0: well; 5: no such tool, or `isError`; 6: findings of `--strict`. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the MCP Inspector's command line, as its users do: `inspect(['node', 'server.js', '--method', 'tools/list'])`. */
export function inspect(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Inspection> {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program, '--cli', ...args],
      {
        env: { ...process.env, MCP_INSPECTOR_SECRET_STORE: 'memory', ...env },
        timeout: 60_000,
        maxBuffer: 64 * 1_048_576,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
        done({ code, stdout, stderr })
      },
    )
  })
}
