import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import type { JsonObject } from './json.ts'

/**
 * The smallest addition to a scope file that holds this rule, as YAML. What it is made of came from an agent's call, so every
 * text is data: it is quoted where YAML would read it as anything else, and nothing in it is invisible.
 */
export function ruleSuggestion(agent: string, tool: string, rule: JsonObject): string {
  const document = new Document({ tools: { [tool]: { allow: [rule] } } }, { version: '1.2' })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && mustBeEscaped(node.value)) node.type = 'QUOTE_DOUBLE'
    },
    Collection(_, node, ancestors) {
      if (isMap(node) && node.items.length === 0) node.flow = true
      if (isSeq(node) && ancestors.length > 1)
        node.flow = node.items.every((item) => isScalar(item))
    },
  })
  const text = document.toString({
    lineWidth: 0,
    flowCollectionPadding: false,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  })
  return `# agents/${agent}.yaml\n${escapeInvisible(text)}`
}

/** What people cannot see or what turns a line around; inside double quotes it is escaped. Other controls the library escapes. */
const INVISIBLE = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

function mustBeEscaped(text: string): boolean {
  return text.search(INVISIBLE) >= 0 || /[\r\n]/.test(text)
}

function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const hex = (character.codePointAt(0) ?? 0).toString(16)
    return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`
  })
}
