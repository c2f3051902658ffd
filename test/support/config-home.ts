import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A throw-away KEYHAND_HOME with these files, removed when the test is over. */
export function configHome(files: Readonly<Record<string, string | Uint8Array>>): string {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'keyhand-config-')))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  for (const [file, content] of Object.entries(files)) putFile(home, file, content)
  return home
}

/** Writes a file below it, as an editor without a temporary file does. */
export function putFile(home: string, file: string, content: string | Uint8Array): void {
  const path = join(home, file)
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileSync(path, content, { mode: 0o644 })
}

export const CATALOG = `version: 1

secrets:                       # where each value lives
  api_key: { provider: fake-chain }
  login:
    provider: fake-vault
    path: kv/login
    cache: 5m
    watch: always

tools:
  github:
    type: fake-api
    description: GitHub REST API
    base_url: https://api.github.com
    auth: { type: bearer, token: api_key }
  plain:
    type: fake-api
    base_url: https://example.com
`

export const SCOPE = `agent: claude-code
expires: 2027-03-31
tools:
  github:
    allow:
      - methods: [GET]
        paths: [/user, /repos/acme/site/**]
      - methods: [POST]
        paths: [/repos/acme/site/issues]
        approval: human
        limit: 10/hour
    deny:
      - paths: [/repos/acme/site/secrets]
    limit: [100/hour, 5/minute]
  plain:
    allow: [{ methods: [ANY], paths: [/**], query: {} }, { methods: [GET], paths: [/x] }]
`
