import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { bundle } from '../scripts/bundle.ts'
import { remotePlaces } from '../test/support/servers/remote-places.ts'
import { sopsTool } from '../test/support/servers/require-server.ts'
import { median } from './figures.ts'
import type { FirstFetch, FirstFetchCost } from './first-fetch.ts'
import type { Row } from './table.ts'
import type { World } from './world.ts'

const ROOT = resolve(import.meta.dirname, '..')
const run = promisify(execFile)
const MB = 1_000_000
const MOST_ROUNDS = 5

/** What each provider's first fetch costs in time, its library loaded, and what that leaves in memory. */
export async function providers(
  { folder }: World,
  { starts }: { readonly starts: number },
): Promise<Row[]> {
  const rounds = Math.min(starts, MOST_ROUNDS)
  // Inside the clone, where the packages are that a bundle leaves out.
  const built = mkdtempSync(join(ROOT, '.build-bench-'))
  try {
    await bundle({ root: ROOT, entry: 'bench/first-fetch.ts', outdir: built })
    const env = { NODE_COMPILE_CACHE: join(built, 'compiled') }
    const measure = async (asked: FirstFetch): Promise<FirstFetchCost> => {
      const { stdout } = await run(process.execPath, [join(built, 'main.js')], {
        env: { ...env, BENCH_FETCH: JSON.stringify(asked) },
      })
      return JSON.parse(stdout) as FirstFetchCost
    }
    const home = join(folder, 'home')
    const rows: Row[] = []
    for (const { asked, close, what } of [
      ...(await remote(home)),
      ...local(home),
      ...(await sops(folder, home)),
    ]) {
      const costs: FirstFetchCost[] = []
      const bare: FirstFetchCost[] = []
      // The first one compiles.
      await measure(asked)
      for (let round = 0; round < rounds; round += 1) {
        costs.push(await measure(asked))
        if (asked.address !== '') bare.push(await measure({ ...asked, type: 'bare' }))
      }
      await close()
      const middle = (all: readonly FirstFetchCost[], key: keyof FirstFetchCost) =>
        all.length === 0 ? null : median(all.map((cost) => cost[key]))
      const row = (name: string, key: keyof FirstFetchCost, unit: 'ms' | 'MB'): Row => {
        const per = unit === 'MB' ? MB : 1
        const baseline = unit === 'MB' ? null : middle(bare, key)
        const keyhand = (middle(costs, key) ?? Number.NaN) / per
        return { what: `${what}: ${name}`, unit, keyhand, baseline, target: null }
      }
      rows.push(
        row('first fetch', 'first', 'ms'),
        row('the next', 'second', 'ms'),
        row('memory', 'memory', 'MB'),
      )
    }
    return rows
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
}

interface Contender {
  readonly what: string
  readonly asked: FirstFetch
  close(): Promise<void>
}

/** Each against a fake of its place on loopback. */
async function remote(home: string): Promise<Contender[]> {
  const started = Object.entries(remotePlaces).map(async ([type, start]): Promise<Contender> => {
    const place = await start('bench_Vq3xT0pLmZ8rYw5KcN1sHd7J')
    const reference = place.reference(place.url)
    const asked = { type, reference, logins: place.logins, home, address: place.url }
    return { what: type, asked, close: () => place.stop() }
  })
  return Promise.all(started)
}

/** Those of this machine. The OS keychain is not measured: not every machine has one that is open. */
function local(home: string): Contender[] {
  const nothing = async () => {}
  const of = (what: string, type: string, reference: object, logins = {}): Contender => ({
    what,
    asked: { type, reference, logins, home, address: '' },
    close: nothing,
  })
  const cloud = { reference: 'op://a/b/c', service_account: 'token' }
  const all = [
    of('1password by its SDK, refused', '1password', cloud, { token: 'ops_none' }),
    of('file', 'file', {}),
  ]
  const program = '/bin/echo'
  return existsSync(program) ? [...all, of('command', 'command', { program, args: ['x'] })] : all
}

/** On a file that the real sops made, where it is there. */
async function sops(folder: string, home: string): Promise<Contender[]> {
  if (!existsSync(sopsTool)) return []
  const file = join(folder, 'bench.yaml')
  const identity = await generateX25519Identity()
  writeFileSync(file, 'key: bench_Vq3xT0pLmZ8rYw5KcN1sHd7J\n')
  const argv = ['encrypt', '--age', await identityToRecipient(identity), '--in-place', file]
  execFileSync(sopsTool, argv, { env: { PATH: '/usr/bin:/bin', HOME: folder } })
  const reference = { file, key: 'key', identity: 'token' }
  const asked = { type: 'sops', reference, logins: { token: identity }, home, address: '' }
  return [{ what: 'sops, built in', asked, close: async () => {} }]
}
