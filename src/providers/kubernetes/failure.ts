import { BrokerError } from '../../core/errors.ts'
import { isJsonObject } from '../../core/json.ts'
import type { HttpsJsonAnswer } from '../https-json/https-json.ts'
import type { KubernetesReference } from './reference.ts'

/** What an answer that is no Secret means; null where it is one, or says that there is none. Its own texts are not passed on. */
export function answerFailure(
  { status, json, retryAfterMs }: HttpsJsonAnswer,
  { namespace, name }: KubernetesReference,
): BrokerError | null {
  const kind = isJsonObject(json) ? json['kind'] : null
  if (status === 200 && kind === 'Secret') return null
  if (status === 404 && kind === 'Status') return null
  const what = `the Secret \`${namespace}/${name}\``
  switch (status) {
    case 401:
      return new BrokerError('secret_not_logged_in', 'Kubernetes does not know this login', {
        fix: 'Log in anew: the token or certificate has expired, or is for another cluster.',
      })
    case 403:
      return new BrokerError('secret_denied', `Kubernetes does not let keyhand read ${what}`, {
        fix: `Allow it by a Role: \`kubectl -n ${namespace} create role keyhand --verb=get --resource=secrets --resource-name=${name}\`, and bind it to this login.`,
      })
    case 429: {
      const when =
        retryAfterMs === null
          ? ''
          : `; it may be asked again in ${Math.ceil(retryAfterMs / 1000)} s`
      return new BrokerError('secret_throttled', `Kubernetes is throttling${when}`, {
        fix: 'Wait a little, or give the secret a longer `cache:`.',
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
      })
    }
    default:
  }
  if (status >= 500) {
    return new BrokerError('secret_unreachable', `Kubernetes cannot give ${what} (${status})`, {
      fix: 'See whether the API server and its etcd are well: `kubectl get --raw /readyz`.',
    })
  }
  return new BrokerError('secret_unreachable', `what answers is not Kubernetes (${status})`, {
    fix: 'Check the address: a proxy or a login page may stand there.',
  })
}
