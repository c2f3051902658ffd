import { resolve } from 'node:path'
import { bundle, ENTRIES_OF_A_START, loadedWith } from '../scripts/bundle.ts'
import type { Row } from './table.ts'
import type { World } from './world.ts'

const root = resolve(import.meta.dirname, '..')

/** How much code is read before the first response. */
export async function startSize({ folder }: World): Promise<Row[]> {
  const keyhand = await bundle({ root, entry: 'src/main.ts', outdir: `${folder}/size-keyhand` })
  const bare = await bundle({ root, entry: 'bench/bare-server.ts', outdir: `${folder}/size-bare` })
  const kib = (bytes: number) => bytes / 1024
  return [
    {
      what: 'code that is loaded before the first response',
      unit: 'KiB',
      keyhand: kib(loadedWith(keyhand, ENTRIES_OF_A_START).bytes),
      baseline: kib(loadedWith(bare, ['bench/bare-server.ts']).bytes),
      target: null,
    },
  ]
}
