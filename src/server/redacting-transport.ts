import type {
  JSONRPCMessage,
  MessageExtraInfo,
  RequestId,
  Transport,
  TransportSendOptions,
} from '@modelcontextprotocol/server'
import { asBrokerError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { Redactor } from '../redaction/redaction-port.ts'
import { CALL_META } from './answer.ts'
import { isTooLarge, MESSAGE_BYTES } from './input-bounds.ts'
import { FixedFieldMatch, matchesIn } from './redact-data.ts'
import { isCallId, redactMessage } from './redact-message.ts'

interface RedactingTransportOptions {
  /** Null while no value is registered: then there is nothing to look for. */
  readonly redactor: () => Redactor | null
  /** Told of what a broker should have removed, and of what was withheld; never a value. */
  readonly report: (line: string) => void
}

interface PendingRequest {
  readonly method: string
  readonly tool: string | null
}

/**
 * The net under the broker: every outgoing message passes it, in both eras, whoever made it. What it finds in the answer to
 * a call is a bug, counted and reported.
 *
 * INVARIANT: a message leaves redacted, or is withheld; a fault in redaction withholds it. What cannot be shown of a call is
 * answered under the same id, so that no client waits in vain. `send` works in the order it is called in.
 */
export class RedactingTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void
  readonly #inner: Transport
  readonly #options: RedactingTransportOptions
  readonly #pending = new Map<RequestId, PendingRequest>()
  /** The outputSchema of each tool, as the client was last shown it: that is what it holds a result against. */
  readonly #outputSchemas = new Map<string, unknown>()

  constructor(inner: Transport, options: RedactingTransportOptions) {
    this.#inner = inner
    this.#options = options
  }

  async start(): Promise<void> {
    this.#inner.onclose = () => this.onclose?.()
    this.#inner.onerror = (error) => {
      if (isTooLarge(error)) {
        // What comes after it cannot be told from it, so the connection ends; the client should know why.
        const text = `a message may have ${MESSAGE_BYTES} bytes at most`
        this.send({ jsonrpc: '2.0', error: { code: -32600, message: text } }).catch(() => {})
      }
      this.onerror?.(error)
    }
    this.#inner.onmessage = (message, extra) => {
      this.#note(message)
      this.onmessage?.(message, extra)
    }
    await this.#inner.start()
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }

  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const safe = this.#safe(message)
    return safe === null ? Promise.resolve() : this.#inner.send(safe, options)
  }

  #safe(message: JSONRPCMessage): JSONRPCMessage | null {
    const request = this.#answered(message)
    try {
      const redactor = this.#options.redactor()
      const safe = redactor === null ? message : this.#redacted(message, request, redactor)
      if (request?.method === 'tools/list' && 'result' in safe) this.#remember(safe.result['tools'])
      return safe
    } catch (thrown) {
      const { code } = asBrokerError(thrown)
      const why =
        thrown instanceof FixedFieldMatch ? thrown.message : `a fault in redaction (${code})`
      this.#options.report(`withheld ${nameOf(message, request)}: ${why}`)
      return withheld(message, request)
    }
  }

  #redacted(
    message: JSONRPCMessage,
    request: PendingRequest | null,
    redactor: Redactor,
  ): JSONRPCMessage {
    const session = redactor.session()
    const tool = request?.tool ?? null
    const outputSchema = tool === null ? null : (this.#outputSchemas.get(tool) ?? null)
    const safe = redactMessage(message, { method: request?.method ?? null, outputSchema }, session)
    const found = matchesIn(session)
    if (found > 0) {
      const bug =
        request?.method === 'tools/call'
          ? ', which the broker should have removed: a bug in keyhand'
          : ''
      this.#options.report(
        `removed traces of a secret (${found}) from ${nameOf(message, request)}${bug}`,
      )
    }
    return safe
  }

  #note(message: JSONRPCMessage): void {
    if (!('method' in message)) return
    const { params } = message
    if ('id' in message) {
      const tool = params?.['name']
      this.#pending.set(message.id, {
        method: message.method,
        tool: typeof tool === 'string' ? tool : null,
      })
      return
    }
    // A cancelled request is not answered.
    const cancelled =
      message.method === 'notifications/cancelled' ? params?.['requestId'] : undefined
    if (typeof cancelled === 'string' || typeof cancelled === 'number')
      this.#pending.delete(cancelled)
  }

  #answered(message: JSONRPCMessage): PendingRequest | null {
    if ('method' in message || message.id === undefined) return null
    const request = this.#pending.get(message.id) ?? null
    this.#pending.delete(message.id)
    return request
  }

  #remember(tools: unknown): void {
    if (!Array.isArray(tools)) return
    this.#outputSchemas.clear()
    for (const tool of tools.filter(isJsonObject)) {
      const { name, outputSchema } = tool
      if (typeof name === 'string') this.#outputSchemas.set(name, outputSchema)
    }
  }
}

function nameOf(message: JSONRPCMessage, request: PendingRequest | null): string {
  if ('method' in message) return `a message \`${message.method}\``
  const call = callOf(message)
  return `an answer to ${request?.method ?? 'a request'}${call === null ? '' : ` (call ${call})`}`
}

/** What the client gets in place of a message that cannot be shown; null where it waits for nothing. */
function withheld(message: JSONRPCMessage, request: PendingRequest | null): JSONRPCMessage | null {
  if ('method' in message) return null
  if (request?.method !== 'tools/call' || !('result' in message)) {
    const error = {
      code: -32603,
      message: 'the answer was withheld: it could not be freed of secrets',
    }
    return { jsonrpc: '2.0', ...(message.id === undefined ? {} : { id: message.id }), error }
  }
  const call = callOf(message)
  const known =
    call === null ? '' : `\ncall: ${call} (a human finds it with: keyhand audit show ${call})`
  const text = `the answer was withheld: it could not be freed of secrets. The action may have been performed; do not repeat it, ask the human.${known}`
  return {
    jsonrpc: '2.0',
    id: message.id,
    result: {
      content: [{ type: 'text', text }],
      isError: true,
      ...(message.result['resultType'] === undefined ? {} : { resultType: 'complete' }),
      ...(call === null ? {} : { _meta: { [CALL_META]: call } }),
    },
  }
}

function callOf(message: JSONRPCMessage): string | null {
  if (!('result' in message)) return null
  const call = message.result._meta?.[CALL_META]
  return isCallId(call) ? call : null
}
