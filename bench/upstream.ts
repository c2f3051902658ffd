import { createServer } from 'node:http'

/** An API that wants a key: `/now/…` answers at once, `/later/…` after 20 ms. Prints its port; ends with its stdin. */
const KEY = process.env['BENCH_KEY'] ?? ''
const BODY = JSON.stringify({
  items: Array.from({ length: 8 }, (_, id) => ({ id, title: `issue ${id}`, state: 'open' })),
})

const server = createServer(({ url, headers }, response) => {
  const known = headers.authorization === `Bearer ${KEY}`
  const answer = () => {
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(known ? BODY : '{"error":"no key"}')
  }
  if (url?.startsWith('/later/') === true) setTimeout(answer, 20)
  else answer()
})
// A connection that a server keeps while others are measured must not be closed under its next call.
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(address.port)
})
process.stdin.on('end', () => process.exit()).resume()
