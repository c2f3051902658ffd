import { isPlaceholder } from './field-value.ts'
import { checkBudget, type Finding } from './finding.ts'

interface Shape {
  readonly kind: string
  /** INVARIANT: linear in the text, and never empty; group 1, where there is one, is the credential. */
  readonly pattern: RegExp
}

// What stands before a token: no character of one, unless that ends a percent escape (`Bearer%20eyJ…`).
const BEFORE = '(?:(?<![A-Za-z0-9_-])|(?<=%[0-9A-Fa-f]{2}))'

/** Shapes that @secretlint's rules do not know, or know in one length only. */
const SHAPES: readonly Shape[] = [
  shape('a signed token (jwt)', 'eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]{16,}'),
  shape(
    'an encrypted token (jwe)',
    'eyJ[\\w-]{8,}\\.[\\w-]*\\.[\\w-]{8,}\\.[\\w-]{8,}\\.[\\w-]{8,}',
  ),
  shape('an age identity', 'AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{50,}'),
  shape('an aws session token', '(?:FwoGZXIvYXdzE|IQoJb3JpZ2lu)[A-Za-z0-9+/=]{80,}'),
  shape('a google token', '(?:ya29\\.[\\w-]{20,}|1//0[\\w-]{40,})'),
  shape('a google key', '(?:AIza[\\w-]{35}(?![\\w-])|GOCSPX-[\\w-]{20,})'),
  shape('a gitlab token', 'gl(?:ptt|dt|rt|cbt|oas|ft|soat|agent|imt|ffct)-[\\w-]{20,}'),
  shape('a github token', '(?:gh[pousr]_[A-Za-z0-9_]{37,}|github_pat_[A-Za-z0-9_]{83,})'),
  shape('an anthropic key', 'sk-ant-[\\w-]{40,}'),
  shape('an openai key', 'sk-(?:proj|svcacct|admin)-[\\w-]{40,}'),
  shape('a stripe secret', 'whsec_[A-Za-z0-9+/=]{24,}'),
  shape('a vault token', 'hv[sbr]\\.[\\w-]{24,}'),
  shape('an atlassian token', 'ATATT3[\\w=-]{50,}'),
  shape('a pypi token', 'pypi-AgE[\\w-]{50,}'),
  shape('a digitalocean token', 'do[opr]_v1_[0-9a-f]{64}'),
  shape('a rubygems key', 'rubygems_[0-9a-f]{48}'),
  shape('a supabase token', 'sbp_[0-9a-f]{40}'),
  shape('a doppler token', 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9]{40,}'),
  shape('a planetscale token', 'pscale_(?:tkn|pw|oauth)_[\\w.-]{30,}'),
  shape('a heroku key', 'HRKU-[\\w-]{36,}'),
  shape('a telegram bot token', '\\d{8,10}:AA[\\w-]{33}(?![\\w-])'),
  {
    kind: 'an azure client secret',
    pattern: /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g,
  },
  {
    kind: 'a password in an address',
    pattern: /:\/\/[^\s:/?#@"'<>\\]{0,128}:([^\s/@"'<>\\]{4,256})@(?=[\w[])/g,
  },
]

function shape(kind: string, source: string): Shape {
  return { kind, pattern: new RegExp(`${BEFORE}${source}`, 'g') }
}

/** @throws BrokerError `redaction_failed` where there are too many. */
export function ownShapes(text: string): readonly Finding[] {
  const found: Finding[] = [...privateKeys(text)]
  for (const { kind, pattern } of SHAPES) {
    // Not `matchAll`, which makes a copy of the pattern: dozens of copies for each text.
    pattern.lastIndex = 0
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const value = match[1] ?? match[0]
      if (match[1] !== undefined && isPlaceholder(value)) continue
      const start = match.index + match[0].lastIndexOf(value)
      found.push({ start, end: start + value.length, kind })
      checkBudget(found.length)
    }
  }
  return found
}

const KEY_BEGINS = /-----BEGIN ?[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d:/g
const KEY_ENDS =
  /-----END ?[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|Private-MAC: [0-9a-f]{40,64}/g
/** What may stand in a key whose end is missing. */
const KEY_BODY = /^[A-Za-z0-9+/=\s\\:,_-]*/
/** Longer than any key. */
const LONGEST_KEY = 65_536
/** A block with less base64 than this is an example: `-----BEGIN PRIVATE KEY-----…`. */
const SHORTEST_KEY = 40

/** Private keys in PEM (of any kind, encrypted ones too) and PuTTY's form, also where the end of one is missing. */
function* privateKeys(text: string): Generator<Finding> {
  let count = 0
  let from = 0
  for (;;) {
    KEY_BEGINS.lastIndex = from
    const begin = KEY_BEGINS.exec(text)
    if (begin === null) return
    const start = begin.index
    // What begins anew ends what was before it; so nothing is read twice.
    const after = start + begin[0].length
    const anew = text.indexOf('-----BEGIN', after)
    const inside = text.slice(after, Math.min(anew < 0 ? text.length : anew, after + LONGEST_KEY))
    KEY_ENDS.lastIndex = 0
    const end = KEY_ENDS.exec(inside)
    const body = end === null ? (KEY_BODY.exec(inside)?.[0] ?? '') : inside.slice(0, end.index)
    from = start + begin[0].length
    if ((body.match(/[A-Za-z0-9+/=]{16,}/g) ?? []).join('').length < SHORTEST_KEY) continue
    from += end === null ? body.length : end.index + end[0].length
    checkBudget(++count)
    yield { start, end: from, kind: 'a private key' }
  }
}
