import * as z from 'zod'

/** HTTPS, or plain HTTP to this machine: what is asked there are values, with credentials. No user, query or fragment. */
export const serviceAddress = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isServiceAddress, {
    error: 'must be an https URL without a user or query (http only to localhost)',
  })

export function isServiceAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, hostname, username, password, search, hash } = new URL(value)
  const plain = protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  return [username, password, search, hash].join('') === '' && (protocol === 'https:' || plain)
}
