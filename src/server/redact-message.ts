import type { JSONRPCMessage } from '@modelcontextprotocol/server'
import { isJsonObject } from '../core/json.ts'
import type { RedactionSession } from '../redaction/redaction-port.ts'
import { CALL_META } from './answer.ts'
import { FixedFieldMatch, mapValues, matchesIn, redactData, redactTexts } from './redact-data.ts'
import { redactStructured } from './redact-structured.ts'
import { redactTool } from './redact-tool.ts'

/** What a response answers; null method: a request that is not known. */
export interface Answered {
  readonly method: string | null
  /** Of the called tool, as the client was last shown it; null where it was not. */
  readonly outputSchema: unknown
}

/**
 * Walks one outgoing message and redacts what is not the protocol's own. It goes by the message's structure and never by its
 * text, so that a value such as `complete` or `tools/list` breaks no message.
 *
 * @throws FixedFieldMatch where a match stands in what may not be rewritten, BrokerError `redaction_failed` on a fault.
 */
export function redactMessage(
  message: JSONRPCMessage,
  answered: Answered,
  session: RedactionSession,
): JSONRPCMessage {
  if ('method' in message) {
    if (message.params === undefined) return message
    return { ...message, params: redactParams(message.params, session) }
  }
  if ('error' in message) {
    const { code, message: text, data } = message.error
    const error = { code, message: session.text(text) }
    return {
      ...message,
      error: data === undefined ? error : { ...error, data: redactErrorData(data, session) },
    }
  }
  return { ...message, result: redactResult(message.result, answered, session) }
}

function redactResult(
  result: object,
  answered: Answered,
  session: RedactionSession,
): { [name: string]: unknown } {
  if (answered.method === 'tools/call' || 'content' in result || 'structuredContent' in result) {
    return redactCallResult(result, answered.outputSchema, session)
  }
  return mapValues(result, (name, inner) => {
    switch (name) {
      case 'resultType':
      case 'ttlMs':
      case 'cacheScope':
      case 'requestState':
      case 'protocolVersion':
      case 'supportedVersions':
      case 'capabilities':
        return inner
      case 'tools':
        return Array.isArray(inner) ? inner.flatMap((tool) => shownTool(tool, session)) : inner
      case '_meta':
        return redactMeta(inner, session)
      default:
        return redactTexts(inner, session)
    }
  })
}

/** One tool that cannot be shown does not take the others with it. */
function shownTool(tool: unknown, session: RedactionSession): unknown[] {
  try {
    return [redactTool(tool, session)]
  } catch (thrown) {
    if (thrown instanceof FixedFieldMatch) return []
    throw thrown
  }
}

function redactCallResult(
  result: object,
  outputSchema: unknown,
  session: RedactionSession,
): { [name: string]: unknown } {
  const before = matchesIn(session)
  const original = 'structuredContent' in result ? result.structuredContent : undefined
  const structured =
    original === undefined
      ? undefined
      : redactStructured(withoutCall(original), outputSchema, session)
  const rewritten = matchesIn(session) !== before
  return mapValues(result, (name, inner) => {
    switch (name) {
      case 'resultType':
      case 'requestState':
      case 'isError':
        return inner
      case 'structuredContent':
        return withCallOf(original, structured)
      case 'content': {
        if (!Array.isArray(inner)) return redactTexts(inner, session)
        const same = original === undefined ? null : JSON.stringify(original)
        const text = rewritten ? JSON.stringify(withCallOf(original, structured)) : same
        const call = callOf(result)
        return inner.map((block) => redactBlock(block, { same, text: text ?? '', call }, session))
      }
      case '_meta':
        return redactMeta(inner, session)
      default:
        return redactTexts(inner, session)
    }
  })
}

/** The call's id is made by keyhand and says nothing; it stays whatever it resembles. */
function withoutCall(structured: unknown): unknown {
  if (!isJsonObject(structured) || !isCallId(structured['call'])) return structured
  return Object.fromEntries(Object.entries(structured).filter(([name]) => name !== 'call'))
}

function withCallOf(original: unknown, structured: unknown): unknown {
  if (!isJsonObject(original) || !isCallId(original['call']) || !isJsonObject(structured))
    return structured
  return { ...structured, call: original['call'] }
}

/** True for a UUIDv7, which is what a call's id is. */
export function isCallId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(value)
  )
}

/** A text that says the same as the structured content goes on doing so. */
function redactBlock(
  block: unknown,
  as: { readonly same: string | null; readonly text: string; readonly call: string | null },
  session: RedactionSession,
): unknown {
  if (!isJsonObject(block)) return redactTexts(block, session)
  return mapValues(block, (name, inner) => {
    if (name === 'type') return inner
    if (name === 'text' && typeof inner === 'string') {
      return inner === as.same
        ? around(as.call, as.text, (text) => session.sameText(text))
        : around(as.call, inner, (text) => session.text(text))
    }
    return name === '_meta' ? redactMeta(inner, session) : redactTexts(inner, session)
  })
}

/** Redacts a text but for the call's id in it: a value of few digits may stand in that, and nobody else knows it. */
function around(call: string | null, text: string, redact: (text: string) => string): string {
  return call === null ? redact(text) : text.split(call).map(redact).join(call)
}

function callOf(result: object): string | null {
  const meta = '_meta' in result && isJsonObject(result._meta) ? result._meta : {}
  const call = meta[CALL_META]
  return isCallId(call) ? call : null
}

function redactParams(params: object, session: RedactionSession): { [name: string]: unknown } {
  return mapValues(params, (name, inner) => {
    switch (name) {
      case 'progressToken':
      case 'progress':
      case 'total':
      case 'requestId':
      case 'requestState':
      case 'level':
      case 'mode':
      case 'notifications':
        return inner
      case 'data':
        return redactData(inner, session)
      case '_meta':
        return redactMeta(inner, session)
      default:
        return redactTexts(inner, session)
    }
  })
}

/** `supported` lists protocol revisions; the rest may quote what a client sent or an upstream said. */
function redactErrorData(data: unknown, session: RedactionSession): unknown {
  if (!isJsonObject(data)) return redactData(data, session)
  return mapValues(data, (name, inner) =>
    name === 'supported' ? inner : redactTexts(inner, session),
  )
}

const KEPT_META = new Set([CALL_META, 'progressToken', 'io.modelcontextprotocol/subscriptionId'])

function redactMeta(meta: unknown, session: RedactionSession): unknown {
  if (!isJsonObject(meta)) return redactTexts(meta, session)
  return mapValues(meta, (name, inner) =>
    KEPT_META.has(name) ? inner : redactTexts(inner, session),
  )
}
