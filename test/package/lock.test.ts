import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly optionalDependencies?: Record<string, string>
}

const path = join(resolve(import.meta.dirname, '../..'), 'package-lock.json')
const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, Locked> }
const { '': root, ...installed } = packages

it('pins every package by version and digest, and names no registry', () => {
  expect(Object.keys(installed).length).toBeGreaterThan(100)
  const loose = Object.entries(installed).filter(
    ([, { version, integrity, resolved }]) => !version || !integrity || resolved !== undefined,
  )
  expect(loose).toEqual([])
  expect(root?.version).toMatch(/^\d/)
})

// npm drops what its registry does not have from the lock in silence, and then `npm ci` refuses the lock.
it('knows the packages of every platform', () => {
  const names = new Set(Object.keys(installed).map((key) => key.replace(/^.*node_modules\//, '')))
  const missing = Object.values(installed)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !names.has(name))
  expect(missing).toEqual([])
})
