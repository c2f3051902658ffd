import { describe, expect, it } from 'vitest'
import { composeRecords, refreshKey } from '../../src/compose.ts'
import { fileHome } from '../support/command-line.ts'

describe('keyhand secret refresh', () => {
  it('tells every process, whatever it has in memory, and stands in the trail', async () => {
    const box = await fileHome()
    const generation = async (name: string) => {
      const { state, close } = await composeRecords(box)
      try {
        return await state.refreshes.generation(refreshKey(box, name))
      } finally {
        await close()
      }
    }
    expect(await generation('api_key')).toBe(0)
    const { code, out } = await box.run(['secret', 'refresh', 'api_key'])
    expect({ code, out }).toEqual({
      code: 0,
      out: 'The next call that needs it fetches anew: api_key.\n',
    })
    expect(await generation('api_key')).toBe(1)
    expect(await generation('ci_token')).toBe(0)
    await box.run(['secret', 'refresh', '--all'])
    expect([await generation('api_key'), await generation('ci_token')]).toEqual([2, 1])
    expect(box.records().filter(({ kind }) => kind === 'admin')).toMatchObject([
      { reason: 'secret refresh', change: { step: 'begun', secrets: ['api_key'] } },
      { reason: 'secret refresh', change: { step: 'done' } },
      { reason: 'secret refresh', change: { step: 'begun', secrets: ['api_key', 'ci_token'] } },
      { reason: 'secret refresh', change: { step: 'done' } },
    ])
  })

  it.each([
    [['secret', 'refresh'], 'either the names of secrets or `--all` is to be given'],
    [['secret', 'refresh', 'api_kye'], 'the catalog has no secret `api_kye`'],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await (await fileHome()).run(argv)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})
