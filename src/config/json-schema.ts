import * as z from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { CatalogShape } from './catalog.ts'
import type { Families } from './families.ts'
import { AllowFields, CatalogName, InstanceFields, SecretFields, ToolFields } from './fields.ts'
import { ProfileName, ProfileShape } from './profile.ts'
import { ScopeShape, ScopeToolShape } from './scope.ts'

const DRAFT = 'http://json-schema.org/draft-07/schema#'

/** The JSON Schema of keyhand.yaml, with each provider's reference and each tool type's settings. Draft 7: what YAML editors know. */
export function catalogJsonSchema(families: Families): JsonObject {
  const providers = [...families.providers.values()]
  // What a reference must have may stand in `providers`, which a schema cannot look up: the loader asks for it.
  const secrets = providers.map((provider) =>
    optional(withFields(provider.reference, SecretFields, 'provider', provider)),
  )
  const instances = providers.map((provider) =>
    optional(withFields(provider.reference, InstanceFields, 'type', provider)),
  )
  const tools = [...families.toolTypes.values()].map((tool) =>
    withFields(tool.settings, ToolFields, 'type', tool),
  )
  const shape = jsonOf(CatalogShape)
  const anySecret = named({ anyOf: [...secrets, ofInstance(providers.map(({ type }) => type))] })
  const profile = jsonOf(ProfileShape)
  const profiles = replaceProperties(profile, {
    secrets: { ...propertyOf(profile, 'secrets'), ...anySecret },
    tools: { ...propertyOf(profile, 'tools'), ...named({ anyOf: tools.map(changeOf) }) },
  })
  return {
    $schema: DRAFT,
    title: 'keyhand catalog (keyhand.yaml)',
    ...replaceProperties(shape, {
      providers: { ...propertyOf(shape, 'providers'), ...named({ anyOf: instances }) },
      secrets: {
        ...propertyOf(shape, 'secrets'),
        ...anySecret,
      },
      tools: { ...propertyOf(shape, 'tools'), ...named({ anyOf: tools }) },
      profiles: {
        ...propertyOf(shape, 'profiles'),
        propertyNames: jsonOf(ProfileName),
        additionalProperties: profiles,
      },
    }),
  }
}

/** What a profile may say of a tool: anything but its type. */
function changeOf(tool: JsonObject): JsonObject {
  const { type: _, ...properties } = propertiesOf(tool)
  return optional({ ...tool, properties })
}

/** The JSON Schema of a scope file, with each tool type's rules. */
export function scopeJsonSchema(families: Families): JsonObject {
  const tools = [...families.toolTypes.values()].map((tool): JsonObject => {
    const shape = jsonOf(ScopeToolShape)
    const allow = merged(jsonOf(tool.rules.allow), jsonOf(AllowFields))
    const list = (name: string, items: JsonObject) => ({ ...propertyOf(shape, name), items })
    return {
      ...replaceProperties(shape, {
        allow: list('allow', allow),
        deny: list('deny', jsonOf(tool.rules.deny)),
      }),
      description: `Rules for a tool of type ${tool.type}`,
      anyOf: [{ required: ['allow'] }, { required: ['deny'] }],
    }
  })
  const shape = jsonOf(ScopeShape)
  const rules = tools.length === 1 ? (tools[0] ?? {}) : { anyOf: tools }
  return {
    $schema: DRAFT,
    title: 'keyhand scope file (agents/NAME.yaml)',
    ...replaceProperties(shape, { tools: { ...propertyOf(shape, 'tools'), ...named(rules) } }),
  }
}

/** A secret of an entry of `providers` with a name of its own: which fields it has depends on that entry. */
function ofInstance(types: readonly string[]): JsonObject {
  return {
    ...jsonOf(SecretFields),
    description: 'A secret of a provider that `providers` names',
    properties: {
      ...propertiesOf(jsonOf(SecretFields)),
      provider: { type: 'string', pattern: `^(?!(${types.join('|')})$)` },
    },
    additionalProperties: true,
  }
}

function optional(json: JsonObject): JsonObject {
  const { required: _, ...rest } = json
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((word): [string, Json][] => {
    const list = rest[word]
    return Array.isArray(list)
      ? [[word, (list as readonly Json[]).map((one) => (isJsonObject(one) ? optional(one) : one))]]
      : []
  })
  return { ...rest, ...Object.fromEntries(parts) }
}

function named(value: JsonObject): JsonObject {
  return { propertyNames: jsonOf(CatalogName), additionalProperties: value }
}

function withFields(
  own: z.ZodType,
  fields: z.ZodType,
  word: string,
  family: { readonly type: string; readonly description: string },
): JsonObject {
  const common = jsonOf(fields)
  const head = { ...propertyOf(common, word), const: family.type }
  return {
    description: family.description,
    ...merged(jsonOf(own), replaceProperties(common, { [word]: head })),
  }
}

/** One object of both; where either is no plain object (alternatives), both hold. */
function merged(own: JsonObject, common: JsonObject): JsonObject {
  if (!isJsonObject(own['properties']) || 'anyOf' in own || 'allOf' in own || 'oneOf' in own) {
    const { additionalProperties: _, ...open } = common
    return { allOf: [open, loosened(own)] }
  }
  const required = [...requiredOf(common), ...requiredOf(own)]
  return {
    ...own,
    properties: { ...propertiesOf(common), ...own['properties'] },
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  }
}

/** Alternatives beside common fields cannot each forbid what the other names. */
function loosened(json: JsonObject): JsonObject {
  const { additionalProperties: _, ...open } = json
  const entries = Object.entries(open).map(([key, value]): [string, Json] => {
    if (!['anyOf', 'oneOf', 'allOf'].includes(key) || !Array.isArray(value)) return [key, value]
    return [key, (value as readonly Json[]).map((one) => (isJsonObject(one) ? loosened(one) : one))]
  })
  return Object.fromEntries(entries)
}

function jsonOf(schema: z.ZodType): JsonObject {
  const json: unknown = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  })
  if (!isJsonObject(json)) return {}
  const { $schema: _, ...rest } = json
  return rest
}

function propertiesOf(json: JsonObject): JsonObject {
  const properties = json['properties']
  return isJsonObject(properties) ? properties : {}
}

function propertyOf(json: JsonObject, name: string): JsonObject {
  const property = propertiesOf(json)[name]
  return isJsonObject(property) ? property : {}
}

function requiredOf(json: JsonObject): readonly Json[] {
  const required = json['required']
  return Array.isArray(required) ? (required as readonly Json[]) : []
}

function replaceProperties(json: JsonObject, properties: JsonObject): JsonObject {
  return { ...json, properties: { ...propertiesOf(json), ...properties } }
}
