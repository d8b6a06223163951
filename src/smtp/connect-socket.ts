import { createConnection, type Socket } from 'node:net'

interface SocketError extends Error {
  code: string
  command: string
}

/**
 * Opens a TCP connection without Nagle's delay: SMTP is many small writes, and Nagle against delayed ACK costs
 * 40 ms a message. Every address of the name is tried, IPv6 and IPv4 (RFC 8305, by Node).
 */
export function connectSocket(
  { host, port, timeoutMs }: { host: string; port: number; timeoutMs: number },
  done: (error: SocketError | undefined, socket: Socket) => void,
): Socket {
  const socket = createConnection({ host, port, noDelay: true, keepAlive: true })
  const timer = setTimeout(() => fail(`no connection within ${timeoutMs / 1000} s`, 'ETIMEDOUT'), timeoutMs)
  const onError = (error: NodeJS.ErrnoException) => fail(errorWords(error), errorCode(error))
  const fail = (words: string, code: string) => {
    settle()
    socket.destroy()
    done(Object.assign(new Error(`${host}:${port}: ${words}`), { code, command: 'CONN' }), socket)
  }
  const settle = () => {
    clearTimeout(timer)
    socket.off('error', onError)
    socket.off('connect', onConnect)
  }
  const onConnect = () => {
    settle()
    done(undefined, socket)
  }
  // A late error that nobody listens for would end the process.
  socket.on('error', () => {})
  socket.on('error', onError)
  socket.on('connect', onConnect)
  return socket
}

function errorCode(error: NodeJS.ErrnoException): string {
  const dns = error.syscall === 'getaddrinfo' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
  return dns ? 'EDNS' : error.code === 'ETIMEDOUT' ? 'ETIMEDOUT' : 'ESOCKET'
}

/** When every address failed Node gives an AggregateError without a message of its own. */
function errorWords(error: NodeJS.ErrnoException): string {
  const causes = error instanceof AggregateError ? error.errors : [error]
  return [...new Set(causes.map((cause: NodeJS.ErrnoException) => cause.message))].join('; ')
}
