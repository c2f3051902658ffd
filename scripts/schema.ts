/**
 * Writes the published schemas into schema/: the catalog's and the scope files' JSON Schema, and the Cedar schema of guardrails.
 * With `--check` it writes nothing, and exits 1 where a file differs from what the code says.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { composeFamilies } from '../src/compose.ts'
import { catalogJsonSchema, scopeJsonSchema } from '../src/config/json-schema.ts'
import { cedarSchemaText } from '../src/policy/cedar-schema.ts'

const FOLDER = resolve(import.meta.dirname, '../schema')

/** What schema/ must hold, by file name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  // Which words there are does not depend on where keyhand's files are.
  const families = composeFamilies({ places: { home: '/', state: '/' }, env: {} })
  const facts = new Map([...families.toolTypes].map(([type, tool]) => [type, tool.facts]))
  return new Map([
    ['catalog.schema.json', jsonText(catalogJsonSchema(families))],
    ['scope.schema.json', jsonText(scopeJsonSchema(families))],
    ['keyhand.cedarschema', cedarSchemaText(facts)],
  ])
}

/** The files of a folder that differ from what is generated, are missing or are not generated. */
export function schemaDifferences(folder: string = FOLDER): string[] {
  const wanted = schemaFiles()
  const there = filesIn(folder)
  const different = [...wanted].filter(([name, text]) => there.get(name) !== text)
  const stale = [...there.keys()].filter((name) => !wanted.has(name))
  return [...different.map(([name]) => name), ...stale].sort()
}

function filesIn(folder: string): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true })
  return new Map(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )
}

function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

if (import.meta.main) {
  const different = schemaDifferences()
  if (process.argv.includes('--check')) {
    for (const name of different) {
      console.error(
        `schema/${name} is not what the code says: run \`npm run schema\` and commit it`,
      )
    }
    if (different.length > 0) process.exitCode = 1
  } else {
    const wanted = schemaFiles()
    for (const name of different) {
      const text = wanted.get(name)
      if (text === undefined) rmSync(join(FOLDER, name))
      else writeFileSync(join(FOLDER, name), text)
      console.log(`schema/${name}`)
    }
  }
}
