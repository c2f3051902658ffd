import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { BrokerError } from '../../core/errors.ts'
import { addressProblem, type Network } from './addresses.ts'
import type { HttpSettings } from './settings.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a host's name, as the system resolves it. */
export type Lookup = (host: string) => Promise<readonly ResolvedAddress[]>

const MAX_HEADER_BYTES = 32_768

/**
 * The connections of HTTP tools: one pool for each entry of the catalog, kept for as long as that entry is in force. This file is
 * loaded with the first call, and undici with it.
 */
export class Connections {
  readonly #lookup: Lookup
  readonly #pools = new WeakMap<HttpSettings, Promise<Dispatcher>>()

  constructor(lookup: Lookup) {
    this.#lookup = lookup
  }

  /**
   * What a tool's requests go through. Every address is checked at the moment of connecting, and the one that was checked is the
   * one connected to.
   *
   * @throws BrokerError `upstream_address_refused`, `config_invalid` (the `ca` file).
   */
  async open(settings: HttpSettings): Promise<Dispatcher> {
    const { host, kind } = settings.base_url
    // No name, no lookup: an address in base_url is checked here.
    if (kind === 'address' && settings.proxy === undefined) refuseAddress(host, host, null, true)
    const known = this.#pools.get(settings)
    if (known !== undefined) return known
    const made = makePool(settings, this.#lookup)
    this.#pools.set(settings, made)
    made.catch(() => this.#pools.delete(settings))
    return made
  }
}

async function makePool(settings: HttpSettings, lookup: Lookup): Promise<Dispatcher> {
  const ca = settings.ca === undefined ? null : await readCertificates(settings.ca)
  // Set whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const tls = { rejectUnauthorized: true, ...(ca === null ? {} : { ca }) }
  const limits = {
    allowH2: false,
    pipelining: 1,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: settings.timeout,
    bodyTimeout: settings.timeout,
    keepAliveTimeout: 10_000,
  }
  if (settings.proxy !== undefined) {
    return new ProxyAgent({
      ...limits,
      uri: settings.proxy,
      requestTls: tls,
      proxyTls: { rejectUnauthorized: true },
    })
  }
  const { kind } = settings.base_url
  const network = settings.network ?? (kind === 'localhost' ? 'loopback' : null)
  return new Agent({
    ...limits,
    connect: { ...tls, timeout: settings.timeout, lookup: checkedLookup(lookup, network) },
  })
}

/** Refuses a name as a whole where one of its addresses may not be connected to: an answer that mixes them is an attack. */
function checkedLookup(lookup: Lookup, network: Network): LookupFunction {
  return (host, options, done) => {
    lookup(host).then(
      (found) => {
        try {
          for (const { address } of found) refuseAddress(host, address, network, false)
          const [first] = found
          if (first === undefined) done(unresolved(host), [])
          else if (options.all === true)
            done(
              null,
              found.map(({ address, family }) => ({ address, family })),
            )
          else done(null, first.address, first.family)
        } catch (refused) {
          done(refused instanceof Error ? refused : new Error('the address check failed'), [])
        }
      },
      (failed: unknown) => done(failed instanceof Error ? failed : unresolved(host), []),
    )
  }
}

function refuseAddress(host: string, address: string, network: Network, literal: boolean): void {
  const problem = addressProblem(address, network, literal)
  if (problem === null) return
  const where = host === address ? `\`${address}\`` : `\`${host}\` leads to \`${address}\`, which`
  throw new BrokerError(
    'upstream_address_refused',
    `${where} is ${problem.what}: nothing was sent`,
    {
      fix:
        problem.network === null
          ? 'no setting allows this address; correct `base_url` or the name’s records'
          : `if that is where this tool should go, add the line \`network: ${problem.network}\` to it in keyhand.yaml`,
    },
  )
}

function unresolved(host: string): BrokerError {
  return new BrokerError('upstream_unreachable', `\`${host}\` has no address`)
}

async function readCertificates(file: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    throw new BrokerError('config_invalid', `the \`ca\` file \`${file}\` cannot be read`, {
      fix: 'correct the path, or the file’s mode',
    })
  }
  try {
    new X509Certificate(text)
  } catch {
    throw new BrokerError('config_invalid', `the \`ca\` file \`${file}\` holds no certificate`, {
      fix: 'name a file in PEM form',
    })
  }
  return text
}
