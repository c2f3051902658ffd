import { BrokerError } from '../../core/errors.ts'

const TLS =
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/
const NO_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_FAIL'])
const NO_ROUTE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN', 'EACCES'])

/** What a connection failed of. Of an error that is not ours only the code is kept: its text may hold what was sent. */
export function connectionFailure(thrown: unknown, service: string): BrokerError {
  if (thrown instanceof BrokerError) return thrown
  const code = codeOf(thrown)
  const address = 'the address in keyhand.yaml'
  if (code === 'ECONNREFUSED') {
    return unreachable(`${service} refuses the connection (${code})`, {
      fix: `Check that ${service} runs, and ${address}.`,
    })
  }
  if (NO_NAME.has(code)) {
    return unreachable(`the name of ${service}'s host is not known (${code})`, {
      fix: `Check ${address}, and the network.`,
    })
  }
  if (NO_ROUTE.has(code)) {
    return unreachable(`there is no way to ${service} (${code})`, {
      fix: `Check the network, a VPN, and ${address}.`,
    })
  }
  if (code === 'ETIMEDOUT') {
    return new BrokerError('secret_timeout', `${service} does not take the connection (${code})`, {
      fix: `Check the network, a firewall, and ${address}.`,
    })
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return unreachable(`the certificate of ${service} is for another name (${code})`, {
      fix: `Use the name that its certificate has as ${address}.`,
    })
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return unreachable(`the certificate of ${service} is not valid at this time (${code})`, {
      fix: 'Check the clock of this machine; else its certificate must be renewed.',
    })
  }
  if (TLS.test(code)) {
    return unreachable(`the certificate of ${service} is not trusted (${code})`, {
      fix: 'Name the file of its certificate authority as `ca:` in keyhand.yaml.',
    })
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') {
    return unreachable(`no TLS connection to ${service} can be made (${code})`, {
      fix: `Check ${address}: it may not speak TLS on that port, or ask for a client certificate.`,
    })
  }
  if (code.startsWith('HPE_')) {
    return unreachable(`what answers at the address of ${service} does not speak HTTP (${code})`, {
      fix: `Check ${address}.`,
    })
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') return cutAnswer(service)
  return unreachable(`${service} cannot be reached (${code})`, {
    fix: `Check the network and ${address}.`,
  })
}

/** The connection ended before its answer did. */
export function cutAnswer(service: string): BrokerError {
  return unreachable(`${service} cut the connection before it had answered`, {
    fix: `Try again; else see what ${service} and what stands before it have logged.`,
  })
}

function unreachable(message: string, options: { fix: string }): BrokerError {
  return new BrokerError('secret_unreachable', message, options)
}

/** OpenSSL's codes have no common form; a host that is tried at several addresses gives an error of errors. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown'
  const code: unknown = Reflect.get(thrown, 'code')
  if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) return code
  const inner: unknown = thrown instanceof AggregateError ? thrown.errors[0] : undefined
  return inner === undefined ? 'unknown' : codeOf(inner)
}
