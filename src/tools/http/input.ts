import * as z from 'zod'
import { DEFAULT_REQUEST_HEADERS } from './header-rules.ts'
import { HTTP_METHODS } from './http-method.ts'
import type { HttpSettings } from './settings.ts'

/** What is delivered where the agent does not say: about what a model can read at once. */
export const DEFAULT_MAX_BYTES = 65_536

const scalar = z.union([z.string().max(8_192), z.number(), z.boolean()])

/** What an agent may say of one HTTP call. */
export type HttpInput = z.output<ReturnType<typeof httpInput>>

/** The headers that an agent may send with this tool. */
export function allowedHeaders(
  settings: HttpSettings,
  setByAuth: readonly string[],
): readonly string[] {
  const fixed = new Set([...settings.headers.map(([name]) => name), ...setByAuth])
  return [...new Set([...DEFAULT_REQUEST_HEADERS, ...settings.allow_headers])]
    .filter((name) => !fixed.has(name))
    .sort()
}

/**
 * The input schema of one tool. It shows only the methods that the scope allows, and takes the others too: they are then
 * refused by the decision, which names the rule that is missing.
 */
export function httpInput(
  settings: HttpSettings,
  methods: readonly string[],
  headers: readonly string[],
) {
  const most = settings.max_response
  return z.strictObject({
    method: z.enum(HTTP_METHODS).meta({ enum: methods, description: 'The HTTP method.' }),
    path: z
      .string()
      .min(1)
      .max(4_096)
      .describe(
        'The path below the base URL, from its first `/`, without the query. A space is `%20`; `.` and `..` segments and `//` are refused.',
      ),
    query: ownNames(
      z
        .record(z.string().min(1).max(128), z.union([scalar, z.array(scalar).min(1).max(32)]))
        .describe('Query parameters, not escaped; a list sends the name once for each value.'),
    ).optional(),
    headers: ownNames(
      z
        .record(z.string(), z.string().max(4_096))
        .describe(`Request headers, of these: ${headers.join(', ')}.`),
    ).optional(),
    body: z
      .unknown()
      .optional()
      .describe(
        'A JSON body: the value itself, not its text. Sent as application/json unless headers name another content-type.',
      ),
    body_text: z
      .string()
      .max(1_048_576)
      .optional()
      .describe(
        'Instead of `body`: text that is sent as it is, with a content-type in headers; also JSON with integers beyond 2^53.',
      ),
    select: z
      .array(
        z
          .string()
          .max(1_024)
          .regex(/^(?:\/(?:[^~]|~[01])*)?$/, 'must be a JSON Pointer such as `/items/0/name`'),
      )
      .min(1)
      .max(50)
      .optional()
      .describe('JSON Pointers (`/items/0/name`): only these parts of a JSON answer are returned.'),
    max_bytes: z
      .int()
      .min(1)
      .max(most)
      .optional()
      .describe(
        `The most bytes of body to return: ${Math.min(DEFAULT_MAX_BYTES, most)} unless you say, ${most} at most.`,
      ),
    binary: z
      .boolean()
      .optional()
      .describe('Whether to return a binary body, in base64; without it that is left out.'),
  })
}

/** Refuses what a record would silently drop. */
function ownNames<T extends z.ZodType>(schema: T) {
  return z.preprocess((value, context) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      context.addIssue({
        code: 'custom',
        message: 'has the name `__proto__`, which cannot be sent',
      })
    }
    return value
  }, schema)
}
