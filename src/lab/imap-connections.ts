import type { Server, Socket } from 'node:net'

/** Who is connected to a lab server, counted at the server: the only proof that a client let go. */
export class ImapConnections {
  open = 0
  peak = 0
  total = 0
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Set<() => void>()

  add(socket: Socket): void {
    this.#sockets.add(socket)
    this.total += 1
    this.open += 1
    this.peak = Math.max(this.peak, this.open)
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.open -= 1
      this.changed()
    })
    this.changed()
  }

  /** Resolves as soon as `isTrue`, asked again whenever something happens. */
  until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isTrue()) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }

  /** Tells those who wait that something else happened. */
  changed(): void {
    for (const check of this.#waiting) check()
  }

  dropAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Hangs up on everybody and stops listening. */
  close(server: Server): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve())
      this.dropAll()
    })
  }
}
