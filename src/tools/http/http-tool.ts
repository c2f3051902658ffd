import { lookup as systemLookup } from 'node:dns/promises'
import type { AuthScheme } from '../../auth/auth-scheme.ts'
import type { ToolType } from '../tool-type.ts'
import { canonicalAction } from './canonical-action.ts'
import type { Connections, Lookup } from './connection.ts'
import { describeHttp } from './describe.ts'
import { HTTP_FACTS } from './facts.ts'
import type { HttpInput } from './input.ts'
import { allowRule, denyRule, type HttpRule } from './rule.ts'
import { ruleCondition } from './rule-condition.ts'
import { ruleWarnings } from './rule-warnings.ts'
import { type HttpSettings, httpSettings, setByAuth } from './settings.ts'
import { smallestRule } from './smallest-rule.ts'

export interface HttpToolOptions {
  readonly authSchemes: ReadonlyMap<string, AuthScheme>
  /** How names become addresses; the system's resolver where it is left out. */
  readonly lookup?: Lookup
}

/** `type: http`: calls to one HTTP API, with its credential put on by an auth scheme. Loads nothing heavy before the first call. */
export function createHttpTool(
  options: HttpToolOptions,
): ToolType<HttpSettings, HttpRule, HttpInput> {
  const { authSchemes, lookup = resolve } = options
  let connections: Connections | null = null
  // Kept, since an import is not free the second time either.
  let loaded: [typeof import('./perform.ts'), typeof import('./connection.ts')] | null = null
  return {
    type: 'http',
    description: 'An HTTP API',
    settings: httpSettings(authSchemes),
    rules: { allow: allowRule, deny: denyRule },
    facts: HTTP_FACTS,
    secrets: ({ auth }) =>
      auth === undefined ? [] : (authSchemes.get(String(auth['type']))?.secrets(auth) ?? []),
    describe: (tool, settings, rules, catalogDescription) =>
      describeHttp(
        tool,
        settings,
        rules,
        catalogDescription,
        setByAuth(settings, authSchemes).headers,
      ),
    condition: (rule, effect) => ruleCondition(rule, effect),
    canonical: (tool, input, settings) =>
      canonicalAction(tool, input, settings, setByAuth(settings, authSchemes)),
    ruleFor: smallestRule,
    warnings: ruleWarnings,
    async perform(action, settings, call) {
      // undici takes about 100 ms to load: after the first answer to the client, not before it.
      loaded ??= await Promise.all([import('./perform.ts'), import('./connection.ts')])
      const [{ performHttp }, { Connections }] = loaded
      connections ??= new Connections(lookup)
      return performHttp(action, settings, call, { authSchemes, connections })
    },
  }
}

function resolve(host: string) {
  return systemLookup(host, { all: true })
}
