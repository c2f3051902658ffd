import { isJsonObject, type JsonObject } from '../core/json.ts'

/** What `--json` prints of an object: a copy, without what is not JSON. */
export function asData(value: object): JsonObject {
  const data: unknown = JSON.parse(JSON.stringify(value))
  return isJsonObject(data) ? data : {}
}
