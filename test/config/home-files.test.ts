import { execPath } from 'node:process'
import { describe, expect, it } from 'vitest'
import { readChecked } from '../../src/config/checked-file.ts'
import { readHome, sameHome } from '../../src/config/home-files.ts'
import { CATALOG, configHome, SCOPE } from '../support/config-home.ts'

describe('a file that changed a moment ago', () => {
  it('is not taken for the same by its times: it may change again within one tick of the clock', async () => {
    const home = configHome({ 'keyhand.yaml': CATALOG, 'agents/claude-code.yaml': SCOPE })
    const files = await readHome(home, 'claude-code')
    expect(files.catalog).toMatchObject({ state: 'read', settled: false })
    expect(sameHome(home, files)).toBe(false)
    expect((await readHome(home, 'claude-code')).contentKey).toBe(files.contentKey)
  })

  it('is unlike one that has long been at rest', async () => {
    // Too large to be read as a configuration, which is said of the very file that was looked at.
    expect(await readChecked(execPath, null)).toMatchObject({
      state: 'refused',
      message: 'is larger than 256 KiB',
      settled: true,
    })
  })

  it('that is not there is known not to be there', async () => {
    const home = configHome({})
    const files = await readHome(home, 'claude-code')
    expect(files.scope).toMatchObject({ state: 'absent', settled: true })
    expect(sameHome(home, files)).toBe(true)
  })
})
