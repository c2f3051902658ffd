import type { ErrorCode } from 'yaml'

const MESSAGES: Readonly<Record<ErrorCode, readonly [message: string, fix: string | null]>> = {
  ALIAS_PROPS: ['an alias has no anchor or tag', 'quote the text'],
  BAD_ALIAS: ['`*` is an alias to YAML', 'quote it: `"*"`'],
  BAD_DIRECTIVE: ['directives (`%`) are not used here', 'remove the line, or quote the text'],
  BAD_DQ_ESCAPE: [
    'this is no escape in double quotes',
    'write `\\\\` for a backslash, or use single quotes',
  ],
  BAD_INDENT: ['the indentation is wrong here, or a bracket is not closed', null],
  BAD_PROP_ORDER: ['anchors and tags are not used here', 'remove them, or quote the text'],
  BAD_SCALAR_START: ['a text cannot start with this character', 'write it in quotes'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a map cannot start on this line',
    'put it on its own line, or quote the text with `: ` in it',
  ],
  BLOCK_IN_FLOW: ['a block cannot stand inside brackets', null],
  DUPLICATE_KEY: ['this key is here twice', 'keep one of the two'],
  IMPOSSIBLE: ['this cannot be read as YAML', null],
  KEY_OVER_1024_CHARS: ['this key is too long', null],
  MISSING_CHAR: ['something is missing here: a `:`, a comma, a quote or a closing bracket', null],
  MULTILINE_IMPLICIT_KEY: ['a key must be on one line, with a `:` after it', null],
  MULTIPLE_ANCHORS: ['anchors (`&`) are not used here', 'quote the text'],
  MULTIPLE_DOCS: ['a second document starts here', 'keep one document, without `---` inside'],
  MULTIPLE_TAGS: ['tags (`!`) are not used here', 'quote the text'],
  NON_STRING_KEY: ['a key must be text', 'write it in quotes'],
  RESOURCE_EXHAUSTION: ['this is nested too deeply', null],
  TAB_AS_INDENT: ['a tab cannot indent in YAML', 'use spaces'],
  TAG_RESOLVE_FAILED: ['tags (`!`) are not used here', 'quote the text'],
  UNEXPECTED_TOKEN: ['this is not expected here', 'check brackets, quotes and indentation'],
  BAD_COLLECTION_TYPE: ['tags (`!`) are not used here', 'quote the text'],
}

/**
 * What is wrong, in our words: the library's own texts quote what stands in the file.
 *
 * @param text what stands at the place of the error.
 */
export function syntaxMessage(
  code: ErrorCode,
  text: string,
): { message: string; fix: string | null } {
  const alias = /^\*[\w./*-]{0,40}/.exec(text)?.[0]
  if (alias !== undefined)
    return { message: '`*` is an alias to YAML', fix: `quote it: \`"${alias}"\`` }
  const [message, fix] = MESSAGES[code]
  return { message, fix }
}
