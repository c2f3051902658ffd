import { readFile } from 'node:fs/promises'
import { BrokerError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { createHttpsJson, type HttpsJson, type HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { FetchContext, FetchedSecret } from '../provider.ts'
import { fetchedOf, isSame, itemOf, noVault, several } from './item.ts'
import { type ItemPath, itemPathOf, type OnePasswordReference } from './reference.ts'

type Connect = NonNullable<OnePasswordReference['connect']>

/** Connect servers, asked by their REST API. */
export interface ConnectServers {
  read(connect: Connect, reference: string, context: FetchContext): Promise<FetchedSecret | null>
}

const ID = /^[a-z0-9]{26}$/

export function createConnectServers(): ConnectServers {
  const clients = new Map<string, HttpsJson>()

  async function clientOf({ address, ca: file }: Connect): Promise<HttpsJson> {
    const ca = file === undefined ? null : await authorityIn(file)
    const key = JSON.stringify([address, ca])
    const service = '1Password Connect'
    const client =
      clients.get(key) ?? createHttpsJson({ address, service, ...(ca === null ? {} : { ca }) })
    clients.set(key, client)
    return client
  }

  return {
    async read(connect, reference, context) {
      const path = itemPathOf(reference)
      const https = await clientOf(connect)
      const token = (await context.secret(connect.token)).reveal().trim()
      if (!/^[\x21-\x7e]+$/.test(token)) throw badToken()
      const ask = async (below: string) => {
        const answer = await https.request({
          method: 'GET',
          path: `/v1/vaults${below}`,
          headers: { authorization: `Bearer ${token}` },
          signal: context.signal,
        })
        const failure = answerFailure(answer)
        if (failure !== null) throw failure
        return answer.status === 404 ? null : answer.json
      }
      const vault = idIn(await ask(''), 'name', path.vault, 'vault', path)
      if (vault === null) throw noVault(path)
      const items = `/${encodeURIComponent(vault)}/items`
      const item = ID.test(path.item)
        ? path.item
        : idIn(
            await ask(`${items}?filter=${filterOf(path.item)}`),
            'title',
            path.item,
            'item',
            path,
          )
      const whole = item === null ? null : await ask(`${items}/${encodeURIComponent(item)}`)
      return isJsonObject(whole) ? fetchedOf(itemOf(whole), path, context.name) : null
    },
  }
}

/** SCIM (RFC 7644): text is written as in JSON. */
function filterOf(title: string): string {
  return encodeURIComponent(`title eq ${JSON.stringify(title)}`)
}

function idIn(
  list: unknown,
  nameKey: 'name' | 'title',
  wanted: string,
  what: 'vault' | 'item',
  path: ItemPath,
): string | null {
  const all = (Array.isArray(list) ? list : []).filter((one): one is JsonObject =>
    isJsonObject(one),
  )
  const byId = all.filter((one) => one['id'] === wanted)
  const found = byId.length > 0 ? byId : all.filter((one) => isSame(one[nameKey], wanted))
  if (found.length > 1) throw several(what, path)
  const id = found[0]?.['id']
  return typeof id === 'string' ? id : null
}

/** Null for an answer, and for one that says that there is nothing; Connect's own texts are not passed on. */
function answerFailure({ status, json, retryAfterMs }: HttpsJsonAnswer): BrokerError | null {
  if (status === 200 && typeof json === 'object') return null
  if (status === 404 && isJsonObject(json) && json['status'] === 404) return null
  switch (status) {
    case 401:
      return badToken()
    case 403:
      return new BrokerError('secret_denied', 'the token of Connect may not read this vault', {
        fix: 'Grant it: `op connect token create … --vault VAULT`.',
      })
    case 429: {
      const when =
        retryAfterMs === null
          ? ''
          : `; it may be asked again in ${Math.ceil(retryAfterMs / 1000)} s`
      return new BrokerError('secret_throttled', `1Password Connect is throttling${when}`, {
        fix: 'Wait a little, or give the secret a longer `cache:`.',
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      })
    }
    default:
  }
  if (status >= 500) {
    return new BrokerError('secret_unreachable', `1Password Connect cannot answer (${status})`, {
      fix: 'See its log and `/health`: it may not have reached 1Password yet.',
    })
  }
  return new BrokerError('secret_unreachable', `what answers is not Connect (${status})`, {
    fix: 'Check `address` in keyhand.yaml: a proxy or a login page may stand there.',
  })
}

function badToken(): BrokerError {
  return new BrokerError('secret_not_logged_in', '1Password Connect does not know this token', {
    fix: 'Put a valid access token into the secret that `connect.token` names.',
  })
}

async function authorityIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new BrokerError('secret_invalid', `the authority \`${file}\` cannot be read`, {
      fix: 'Correct `connect.ca` in keyhand.yaml.',
    })
  }
}
