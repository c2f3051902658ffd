import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { Certificate } from './certificate.ts'

/** What becomes of a connection: what it asked has arrived, and the fault answers. */
export type Fault = (socket: Socket) => void

/** A server of real sockets in front of a fake, which can be made to fail and to recover on the same port. */
export interface FaultyProxy {
  readonly url: string
  /** Lets all through again where it is null. What is open is cut, so that it is met by what is new. */
  failWith(fault: Fault | null): void
  /** Nobody listens, until `listen`. */
  refuse(): Promise<void>
  listen(): Promise<void>
  /** Over TLS only: it shows another certificate from now on. */
  show(certificate: Certificate): void
  stop(): Promise<void>
}

/** Starts one on loopback, over TLS where a certificate is given. */
export async function startFaultyProxy(target: string, tls?: Certificate): Promise<FaultyProxy> {
  const port = Number(new URL(target).port)
  const open = new Set<Socket>()
  let fault: Fault | null = null

  const meet = (socket: Socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    const failing = fault
    if (failing !== null) {
      socket.once('data', () => failing(socket))
      return
    }
    const through = connect(port, '127.0.0.1')
    through.on('error', () => socket.destroy())
    socket.on('close', () => through.destroy())
    socket.pipe(through).pipe(socket)
  }
  const server: Server | TlsServer =
    tls === undefined ? createTcpServer(meet) : createTlsServer(tls, meet)
  server.on('tlsClientError', () => {})
  const listenOn = (wanted: number) =>
    new Promise<void>((resolve) => server.listen(wanted, '127.0.0.1', () => resolve()))
  await listenOn(0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const cutAll = () => {
    for (const socket of open) socket.destroy()
  }
  const refuse = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    cutAll()
    await closed
  }
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    failWith(next) {
      fault = next
      cutAll()
    },
    refuse,
    listen: () => listenOn(address.port),
    show({ key, cert }) {
      if (!('setSecureContext' in server)) throw new Error('it does not speak TLS')
      server.setSecureContext({ key, cert })
      cutAll()
    },
    async stop() {
      if (server.listening) await refuse()
    },
  }
}
