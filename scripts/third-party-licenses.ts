import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** What may be bundled: licences that ask for no more than their text beside the code. */
const PERMITTED = [
  /^(MIT|MIT-0|ISC|0BSD|Apache-2\.0|CC0-1\.0|Python-2\.0|Unlicense)$/,
  /^BSD-[23]-Clause$/,
  /^BlueOak-1\.0\.0$/,
]

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * Writes the licences of every package that has code in the bundle; answers how many there are.
 *
 * @throws Error where a package has neither a licence field nor a text, or a licence that is not permitted.
 */
export function writeThirdPartyLicenses(root: string, metafile: Metafile, target: string): number {
  const folders = [...bundledPackages(metafile)].sort()
  const sections = folders.map((folder) => section(join(root, folder)))
  writeFileSync(target, `keyhand contains code of these packages.\n${sections.join('')}`)
  return sections.length
}

function bundledPackages({ outputs }: Metafile): Set<string> {
  const folders = new Set<string>()
  for (const { inputs } of Object.values(outputs)) {
    for (const input of Object.keys(inputs)) {
      const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)
      if (folder !== null) folders.add(folder[0])
    }
  }
  return folders
}

function section(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const { name, version, license } = manifest
  const texts = licenseTexts(folder)
  if (license === undefined && texts.length === 0) throw new Error(`${name} has no licence`)
  if (license !== undefined && !isPermitted(license)) {
    throw new Error(`${name} has the licence ${license}, which is not among the permitted ones`)
  }
  const line = '-'.repeat(80)
  return `\n${line}\n${name} ${version}: ${license ?? 'as below'}\n${line}\n${texts.join('\n')}`
}

function licenseTexts(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file) && existsSync(join(folder, file)))
    .sort()
    .map((file) => `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`)
}

/** An SPDX expression without nesting: `(MIT OR Apache-2.0)`, `MIT AND ISC`. */
function isPermitted(expression: string): boolean {
  const choices = expression.replace(/[()]/g, '').split(/ OR /i)
  return choices.some((choice) =>
    choice.split(/ AND /i).every((id) => PERMITTED.some((permitted) => permitted.test(id.trim()))),
  )
}
