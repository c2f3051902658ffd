import { isJsonObject } from '../core/json.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'
import { FixedFieldMatch, mapValues, redactData, redactTexts } from './redact-data.ts'

/**
 * Redacts one entry of `tools/list`. Its name and its schemas are made from the catalog and the scope file: their prose is
 * rewritten, their words are what clients call and validate with, and stay.
 *
 * @throws FixedFieldMatch where a match stands in a longer word of a schema: that tool cannot be shown as it is.
 */
export function redactTool(tool: unknown, session: RedactionSession): unknown {
  if (!isJsonObject(tool)) return redactTexts(tool, session)
  return mapValues(tool, (name, inner) => {
    switch (name) {
      case 'name':
        return inner
      case 'inputSchema':
      case 'outputSchema':
        return redactSchema(inner, session)
      default:
        return redactTexts(inner, session)
    }
  })
}

const PROSE = new Set(['title', 'description', '$comment'])
const DATA = new Set(['default', 'examples'])
/** Words whose value names things: a name there may be called `description` without being one. */
const NAMES = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
])

/** Every schema names it, and it has digits in which a short value may stand. */
const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

/** The words of a schema that any tool may use (`object`, `path`, `GET`): too short to hold a key, and clients need them. */
const SHORT_WORD = 16

function redactSchema(schema: unknown, session: RedactionSession): unknown {
  if (typeof schema === 'string') return fixedWord(schema, session)
  if (Array.isArray(schema)) return schema.map((item) => redactSchema(item, session))
  if (!isJsonObject(schema)) return schema
  return mapValues(schema, (word, inner) => {
    if (PROSE.has(word)) return redactTexts(inner, session)
    if (DATA.has(word)) return redactData(inner, session)
    if (word === '$schema' && inner === DIALECT) return inner
    if (!NAMES.has(word) || !isJsonObject(inner)) return redactSchema(inner, session)
    return mapValues(inner, (name, below) => {
      fixedWord(name, session)
      return redactSchema(below, session)
    })
  })
}

function fixedWord(word: string, session: RedactionSession): string {
  if (word.length > SHORT_WORD && session.text(word) !== word) {
    throw new FixedFieldMatch('a match in a word of a schema')
  }
  return word
}
