import { setTimeout } from 'node:timers/promises'
import { median } from './figures.ts'
import { startInitialized } from './mcp-process.ts'
import type { Row } from './table.ts'
import type { Contender, World } from './world.ts'

const MB = 1_000_000

/** Resident memory after `initialize` and `tools/list`, and after the first call. */
export async function memory(
  { keyhand, bare }: World,
  { starts }: { readonly starts: number },
): Promise<Row[]> {
  const before: Record<string, number[]> = { keyhand: [], bare: [] }
  const after: Record<string, number[]> = { keyhand: [], bare: [] }
  for (let round = 0; round < starts; round++) {
    for (const contender of [keyhand, bare]) {
      const [idle, called] = await measure(contender)
      if (idle === null || called === null) return []
      before[contender.name]?.push(idle / MB)
      after[contender.name]?.push(called / MB)
    }
  }
  const row = (what: string, values: Record<string, number[]>, target: number | null): Row => ({
    what,
    unit: 'MB',
    keyhand: median(values['keyhand'] ?? []),
    baseline: median(values['bare'] ?? []),
    target,
  })
  return [
    row('resident memory before the first call', before, 1.5),
    row('resident memory after the first call', after, null),
  ]
}

async function measure({ command, tool }: Contender) {
  const started = await startInitialized(command)
  await started.request('tools/list', {})
  await setTimeout(200)
  const idle = await started.residentBytes()
  await started.call(tool, { method: 'GET', path: '/now/first' })
  await setTimeout(200)
  const called = await started.residentBytes()
  await started.end()
  return [idle, called] as const
}
