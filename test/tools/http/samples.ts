import { createAuthSchemes } from '../../../src/auth/index.ts'
import type { Action } from '../../../src/core/action.ts'
import { isRefusal, type Refusal } from '../../../src/core/refusal.ts'
import { createHttpTool } from '../../../src/tools/http/http-tool.ts'
import type { HttpInput } from '../../../src/tools/http/input.ts'
import type { HttpRule } from '../../../src/tools/http/rule.ts'
import type { HttpSettings } from '../../../src/tools/http/settings.ts'

export const tool = createHttpTool({ authSchemes: createAuthSchemes() })

/** Settings as the catalog would give them, with a base path. */
export function settingsOf(more: Record<string, unknown> = {}): HttpSettings {
  return tool.settings.parse({ base_url: 'https://api.example.com/v1', ...more })
}

/** An action, or why there is none; the input goes through the schema that the model is shown. */
export function canonical(
  input: Record<string, unknown>,
  settings = settingsOf(),
): Action | Refusal {
  return tool.canonical('api', inputOf(input, settings), settings)
}

export function inputOf(input: Record<string, unknown>, settings = settingsOf()): HttpInput {
  return tool
    .describe('api', settings, [], null)
    .input.parse({ method: 'GET', path: '/', ...input })
}

/** An action that there must be. */
export function actionOf(input: Record<string, unknown>, settings = settingsOf()): Action {
  const action = canonical(input, settings)
  if (isRefusal(action)) throw new Error(`refused: ${action.message}`)
  return action
}

export function allow(rule: HttpRule) {
  return { effect: 'allow', rule, approval: null } as const
}

export function deny(rule: HttpRule) {
  return { effect: 'deny', rule, approval: null } as const
}
