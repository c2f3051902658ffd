import { rmSync } from 'node:fs'
import { interleaved, median } from './figures.ts'
import { startInitialized } from './mcp-process.ts'
import type { Row } from './table.ts'
import type { Contender, World } from './world.ts'

/** From the start of the process to its first response, with and without compiled code from an earlier start. */
export async function coldStart(
  { keyhand, bare }: World,
  { starts }: { readonly starts: number },
): Promise<Row[]> {
  // Fills the file system's cache, and Node's.
  for (const contender of [keyhand, bare]) await startOnce(contender)
  const warm = await interleaved(starts, {
    keyhand: () => startOnce(keyhand),
    bare: () => startOnce(bare),
  })
  const first = await interleaved(starts, {
    keyhand: () => startUncached(keyhand),
    bare: () => startUncached(bare),
  })
  return [
    {
      what: 'cold start to the first response',
      unit: 'ms',
      keyhand: median(warm.keyhand),
      baseline: median(warm.bare),
      target: 1.2,
    },
    {
      what: 'the same, the very first time (no compile cache)',
      unit: 'ms',
      keyhand: median(first.keyhand),
      baseline: median(first.bare),
      target: null,
    },
  ]
}

async function startOnce({ command }: Contender): Promise<number> {
  const start = performance.now()
  const started = await startInitialized(command)
  const ms = performance.now() - start
  // Node writes its compile cache when a process ends by itself.
  await started.end()
  return ms
}

async function startUncached(contender: Contender): Promise<number> {
  rmSync(contender.compileCache, { recursive: true, force: true })
  return startOnce(contender)
}
