import * as z from 'zod'
import type { OutgoingRequest } from '../../auth/auth-scheme.ts'
import type { Action } from '../../core/action.ts'
import { BrokerError } from '../../core/errors.ts'

const pairs = z.array(z.tuple([z.string(), z.string()]))

const schema = z.strictObject({
  origin: z.string(),
  method: z.string(),
  /** As it goes on the wire: that of base_url, then that of the action. */
  path: z.string().startsWith('/'),
  query: pairs,
  headers: pairs,
  body: z.string().nullable(),
  select: z.array(z.string()).nullable(),
  max_bytes: z.int(),
  binary: z.boolean(),
})

/** What is sent and what is wanted of the answer: the `request` of an action. */
export type HttpRequest = z.output<typeof schema>

/**
 * The request of a decided action, read back as it was made.
 *
 * @throws BrokerError `internal` where the action is not one of this tool type.
 */
export function requestOf(action: Action): HttpRequest {
  const parsed = schema.safeParse(action.request)
  if (parsed.success && action.type === 'http') return parsed.data
  throw new BrokerError('internal', 'the action is not an http action')
}

/** The request as an auth scheme is given it. */
export function outgoing(request: HttpRequest): OutgoingRequest {
  const { origin, method, path, query, headers } = request
  return {
    origin,
    method,
    path,
    query,
    headers,
    body: request.body === null ? null : Buffer.from(request.body, 'utf8'),
  }
}
