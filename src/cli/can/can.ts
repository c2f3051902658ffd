import { previewCall } from '../../broker/preview.ts'
import { composeFamilies, composePolicy } from '../../compose.ts'
import { createConfigSource } from '../../config/config-source.ts'

import { isRefusal, type RefusalReason } from '../../core/refusal.ts'
import { limitText, ruleLine } from '../../core/rule-line.ts'
import type { Snapshot } from '../../core/snapshot.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { sayLine } from '../say-line.ts'
import { type CallWords, callInput } from './call-input.ts'
import { type ConfigLine, lineAt } from './config-line.ts'

export interface CanOptions extends CallWords {
  readonly profile?: string
}

/** `keyhand can AGENT TOOL ...`: what a call would be answered with. Nothing is performed, counted or recorded. */
export async function can(
  io: Io,
  call: CanOptions & { readonly agent: string; readonly tool: string },
): Promise<ExitCode> {
  const { agent, tool } = call
  const { home } = io.places
  const families = composeFamilies(io)
  const snapshot = await createConfigSource({
    home,
    agent,
    families,
    profile: call.profile ?? null,
  }).snapshot()
  const entry = snapshot.tools.get(tool)
  const type = entry === undefined || isRefusal(entry) ? null : entry.type
  const input = callInput(tool, type, call)
  const policy = await composePolicy(families)
  const preview = await previewCall(
    { snapshot, toolTypes: families.toolTypes, policy, now: io.now() },
    { tool, input },
  )
  const { action, decision, refusal, suggestion } = preview
  const rules = await Promise.all((decision?.rules ?? []).map((id) => lineAt(home, id)))
  const asks = { approval: decision?.approval ?? null, limits: limitTexts(decision?.limits ?? []) }
  const what =
    action === null ? tool : `${action.verb} ${action.target}${action.path ?? ''} (${tool})`

  sayLine(io, `${refusal === null ? 'allowed' : 'refused'}  ${what}`)
  if (refusal !== null) sayLine(io, `why      ${refusal.message} (${refusal.reason})`)
  for (const rule of rules) sayRule(io, rule, snapshot)
  if (refusal === null || refusal.reason === 'needs_approval') {
    sayLine(io, `asks     ${obligations(asks)}`)
  }
  if (refusal?.fix != null) sayLine(io, `fix      ${refusal.fix}`)
  if (suggestion !== null) {
    io.say(
      '\nThe smallest rule that would allow exactly this call; nothing applies it by itself:\n',
    )
    io.say(indented(suggestion))
  }
  io.data({
    agent,
    tool,
    allowed: refusal === null,
    reason: refusal?.reason ?? 'allowed',
    message: refusal?.message ?? null,
    fix: refusal?.fix ?? null,
    action: action && { verb: action.verb, target: action.target, path: action.path },
    rules: rules.map(({ id, text }) => ({ id, text })),
    ...asks,
    suggestion,
  })
  return exitCode(refusal?.reason ?? null)
}

function sayRule(io: Io, { id, text }: ConfigLine, snapshot: Snapshot): void {
  sayLine(io, `rule     ${id}${text === null ? '' : `  ${text}`}`)
  const { scope } = snapshot
  const rules = isRefusal(scope) ? [] : [...scope.tools.values()].flatMap(({ rules }) => rules)
  const rule = rules.find((one) => one.id === id)
  if (rule !== undefined) sayLine(io, `         ${rule.effect}: ${ruleLine(rule)}`)
}

function obligations(asks: {
  readonly approval: 'human' | null
  readonly limits: readonly string[]
}): string {
  const texts = [...(asks.approval === null ? [] : ['the yes of a human']), ...asks.limits]
  return texts.length === 0 ? 'nothing: no approval, no limit' : texts.join(', ')
}

function limitTexts(
  uses: readonly {
    readonly limit: Parameters<typeof limitText>[0]
    readonly ruleKey: string | null
  }[],
): string[] {
  return uses.map(
    ({ limit, ruleKey }) =>
      `${limitText(limit)} for ${ruleKey === null ? 'the tool' : 'this rule'}`,
  )
}

function exitCode(reason: RefusalReason | null): ExitCode {
  switch (reason) {
    case null:
      return EXIT.ok
    case 'invalid_input':
      return EXIT.usage
    case 'config_error':
      return EXIT.config
    default:
      return EXIT.no
  }
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
