import { BrokerError } from '../../core/errors.ts'

/** How the command line says a call. */
export interface CallWords {
  readonly method?: string | undefined
  readonly path?: string | undefined
  /** `key=value`, in the order given. */
  readonly query?: readonly string[]
  /** JSON. */
  readonly input?: string
}

/**
 * The input that the agent would send. INVARIANT: what is asked about is never repaired on the way, since the answer must be
 * that of the call.
 *
 * @param type the tool's type; null where the catalog does not say.
 * @throws BrokerError `usage` where the words are not one call.
 */
export function callInput(tool: string, type: string | null, words: CallWords): unknown {
  const { method, path, query = [], input } = words
  if (input !== undefined) {
    if (method !== undefined || query.length > 0) {
      throw new BrokerError(
        'usage',
        '`--input` does not go together with a method, a path or `--query`',
      )
    }
    return parseInput(input)
  }
  if (method === undefined || path === undefined) {
    throw new BrokerError('usage', 'the call is missing', {
      fix:
        type === null || type === 'http'
          ? `Write \`keyhand can AGENT ${tool} GET /path\`, or give the whole input with \`--input JSON\`.`
          : 'Give the input with `--input JSON`.',
    })
  }
  if (type !== null && type !== 'http') {
    throw new BrokerError(
      'usage',
      `\`${tool}\` is of type \`${type}\`, which has no method and path`,
      {
        fix: 'Give the input with `--input JSON`.',
      },
    )
  }
  return { method, path, ...(query.length === 0 ? {} : { query: queryOf(query) }) }
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BrokerError('usage', '`--input` is not JSON', {
      fix: 'Quote it for the shell: --input \'{"method": "GET", "path": "/user"}\'.',
    })
  }
}

/** A name that is given twice has a list. */
function queryOf(pairs: readonly string[]): Record<string, string | string[]> {
  const query = new Map<string, string[]>()
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) {
      throw new BrokerError('usage', '`--query` must be `key=value`', {
        fix: 'Such as `--query state=open`.',
      })
    }
    const key = pair.slice(0, at)
    query.set(key, [...(query.get(key) ?? []), pair.slice(at + 1)])
  }
  const entries = [...query].map(([key, values]) => {
    const [first = ''] = values
    return [key, values.length === 1 ? first : values] as const
  })
  return Object.fromEntries(entries)
}
