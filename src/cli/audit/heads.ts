import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { verifyTrail } from '../../audit/verify.ts'
import { composeRecords } from '../../compose.ts'
import type { Io } from '../io.ts'

type Heads = Parameters<typeof verifyTrail>[1]

/** `absent` where there is no state.db, which is not made by looking; null where it cannot be read. */
export async function readHeads(io: Io): Promise<Heads | 'absent'> {
  const database = join(io.places.state, 'state.db')
  const found = await stat(database).then(
    () => true,
    (thrown: unknown) => !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'),
  )
  if (!found) return 'absent'
  const { state, close } = await composeRecords(io.places)
  try {
    return await state.heads.all()
  } catch {
    return null
  } finally {
    await close()
  }
}
