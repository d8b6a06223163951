import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to the database that can fail as a network does: it loses everything, or it is down. */
export async function startFailingProxy(databaseUrl: string) {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.pipe(client)
  })
  const listen = (on: number) => new Promise<void>((resolve) => server.listen(on, '127.0.0.1', resolve))
  await listen(0)
  const { port: ownPort } = server.address() as AddressInfo
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${ownPort}`
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: url.href,
    /** Passes nothing on any more; nobody is told. Resolves when somebody waits for an answer in vain. */
    stall: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets)
          socket
            .unpipe()
            .on('data', () => resolve())
            .resume()
      }),
    /** Closes every connection and refuses new ones. */
    cut,
    mend: () => listen(ownPort),
    close: cut,
  }
}
