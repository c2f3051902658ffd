import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mangling, manySecrets } from './mangling.ts'
import { logs, realText } from './real-text.ts'

const modules = join(import.meta.dirname, '..', '..', 'node_modules')

it('1,000 secrets change nothing of 2 MB of packages and logs that hold none of them', () => {
  const texts = [
    ...realText(
      ['zod', 'yaml', 'undici', 'fast-check'].map((name) => join(modules, name)),
      1_900_000,
    ),
    logs(200_000),
  ]
  const measured = mangling(manySecrets(1_000), texts)
  expect(measured.characters).toBeGreaterThan(2_000_000)
  expect(measured.charactersByKind.size).toBeGreaterThan(2)
  expect(measured).toMatchObject({ whole: 0, partial: 0, withheld: 0, examples: [] })
  expect(measured.expectedPartial).toBeLessThan(1)
}, 120_000)

it('is a measure that counts what is replaced', () => {
  const secrets = manySecrets(20)
  const text = `x ${secrets[0]?.reveal()} y ${secrets[2]?.reveal().slice(0, 30)} z`
  const measured = mangling(secrets, [{ kind: 'planted', text }])
  expect(measured).toMatchObject({ whole: 1, partial: 1 })
  expect(measured.examples).toHaveLength(1)
})
