import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { BrokerError } from '../../core/errors.ts'
import { connectionFailure } from './connection-failure.ts'
import { isServiceAddress } from './service-address.ts'

/**
 * What time it is at an address, in ms since the epoch and to the second, as its `Date` header says (RFC 9110, 6.6.1); null
 * where it says none. No credential is sent, no redirect followed, no proxy used, and nothing else of the answer is read.
 *
 * @throws BrokerError `secret_unreachable` or `secret_timeout`; `secret_invalid` for what is no address of a service.
 */
export async function serviceClock(options: {
  readonly address: string
  /** PEM of the authorities that are trusted; Node's own where it is left out. */
  readonly ca?: string
  readonly signal: AbortSignal
}): Promise<number | null> {
  const { address, ca, signal } = options
  if (!isServiceAddress(address)) {
    throw new BrokerError('secret_invalid', 'that is no address of a service')
  }
  const secure = address.startsWith('https:')
  // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED has no say.
  const tls = { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const }
  const agent = secure ? new Agent({ ...tls, ...(ca === undefined ? {} : { ca }) }) : false
  try {
    return await new Promise<number | null>((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(address, { agent, signal })
      request.on('error', reject)
      request.once('response', (response) => {
        const { date, age } = response.headers
        response.destroy()
        const time = Date.parse(date ?? '')
        // An answer out of somebody's cache says when it was made, not what time it is.
        resolve(Number.isNaN(time) || age !== undefined ? null : time)
      })
      request.end()
    })
  } catch (thrown) {
    if (signal.aborted) throw new BrokerError('secret_timeout', 'it did not answer in time')
    throw connectionFailure(thrown, 'the service')
  } finally {
    if (agent !== false) agent.destroy()
  }
}
