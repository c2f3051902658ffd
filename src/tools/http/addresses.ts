import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Which addresses a name may lead to besides public ones; null for none. */
export type Network = 'private' | 'loopback' | null

/** Why an address is not connected to, and which `network` of the catalog would allow it (null: none would). */
export interface AddressProblem {
  readonly what: string
  readonly network: 'private' | 'loopback' | null
}

// Each hands out credentials of the machine to whoever asks from it. Some stand in ranges that are public otherwise.
const METADATA: ReadonlySet<string> = new Set([
  '100.100.100.200', // Alibaba Cloud
  '168.63.129.16', // Azure
  '169.254.0.23', // Tencent Cloud
  '169.254.10.10', // Tencent Cloud
  '169.254.42.42', // Scaleway
  '169.254.169.254', // AWS, Azure, Google Cloud, Oracle, DigitalOcean, OpenStack
  '169.254.170.2', // AWS ECS
  '169.254.170.23', // AWS EKS
  '192.0.0.192', // Oracle Cloud Classic
  'fd00:42::42', // Scaleway
  'fd00:ec2::23', // AWS EKS
  'fd00:ec2::254', // AWS
  'fd20:ce::254', // Google Cloud
])

const PRIVATE: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat'])

/**
 * Whether an address may be connected to. A mapped or translated IPv6 form counts as the IPv4 address that it leads to.
 *
 * @param literal whether the catalog's `base_url` holds this very address: then all but metadata addresses may be.
 */
export function addressProblem(
  address: string,
  network: Network,
  literal = false,
): AddressProblem | null {
  // The library also reads short and octal forms, which systems read differently.
  if (isIP(address) === 0) return { what: 'not an address', network: null }
  const parsed = reached(ipaddr.parse(address))
  if (METADATA.has(parsed.toString())) return { what: 'a metadata address', network: null }
  if (literal) return null
  const range = parsed.range()
  if (range === 'unicast' && (parsed.kind() === 'ipv4' || isGlobal(parsed))) return null
  if (range === 'loopback')
    return network === 'loopback'
      ? null
      : { what: 'an address of this machine', network: 'loopback' }
  if (PRIVATE.has(range))
    return network === 'private' ? null : { what: 'a private address', network: 'private' }
  return { what: 'not a public address', network: null }
}

/** The address that a connection would lead to. */
function reached(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!('parts' in address)) return address
  const parts = address.parts
  const first = parts.slice(0, 6).join()
  // ::a.b.c.d (RFC 4291, deprecated), ::ffff:a.b.c.d, ::ffff:0:a.b.c.d (RFC 2765), 64:ff9b::a.b.c.d (RFC 6052)
  const translated = [
    '0,0,0,0,0,0',
    '0,0,0,0,0,65535',
    '0,0,0,0,65535,0',
    '100,65435,0,0,0,0',
  ].includes(first)
  const [high = 0, low = 0] = parts.slice(6)
  // :: and ::1 are addresses of their own.
  if (!translated || (first === '0,0,0,0,0,0' && high === 0 && low < 2)) return address
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255])
}

/** Of IPv6, only 2000::/3 is given out (IANA); what the library has no word for yet is not public. */
function isGlobal(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return (address.toByteArray()[0] ?? 0) >> 5 === 1
}
