import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

/** An API that wants a key: `/now/…` answers at once, `/later/…` after 20 ms, `…/large/…` with 10 kB. Prints its port; ends with its stdin. */
const KEY = process.env['BENCH_KEY'] ?? ''
const BODY = JSON.stringify({
  items: Array.from({ length: 8 }, (_, id) => ({ id, title: `issue ${id}`, state: 'open' })),
})
/** As an API lists things: 10 kB, and never the same, since what was searched before is not searched again. */
function largeBody(url: string): string {
  const first = 42 * Number(/\d+$/.exec(url)?.[0] ?? 0)
  return JSON.stringify({
    items: Array.from({ length: 42 }, (_, i) => {
      const id = first + i
      return {
        id,
        node: createHash('sha1').update(String(id)).digest('hex'),
        title: `issue ${id} of the site: what it shows is not what was asked for`,
        url: `https://api.example/repos/acme/site/issues/${id}`,
        state: id % 3 === 0 ? 'closed' : 'open',
        user: { login: `user-${id}`, site_admin: false },
      }
    }),
  })
}

const server = createServer(({ url = '', headers }, response) => {
  const known = headers.authorization === `Bearer ${KEY}`
  const large = url.includes('/large/')
  const answer = () => {
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(known ? (large ? largeBody(url) : BODY) : '{"error":"no key"}')
  }
  if (url.startsWith('/later/')) setTimeout(answer, 20)
  else answer()
})
// A connection that a server keeps while others are measured must not be closed under its next call.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(address.port)
})
process.stdin.on('end', () => process.exit()).resume()
