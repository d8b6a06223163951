import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** MX hosts with their preference; or the response code of RFC 1035 section 4.1.1; or no answer at all. */
export type NameAnswer = readonly (readonly [preference: number, host: string])[] | number | 'silence'

/** A name server on a free UDP port of loopback that knows these domains and notes who was asked for. */
export async function startNameServer(answers: Readonly<Record<string, NameAnswer>>) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, end } = readName(query)
    asked.push(name)
    const answer = answers[name] ?? nameError
    if (answer !== 'silence') socket.send(response(query.subarray(0, end + 4), answer), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    async close(): Promise<void> {
      socket.close()
      await once(socket, 'close')
    },
  }
}

const headerBytes = 12
const nameError = 3

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = headerBytes
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function response(question: Buffer, answer: Exclude<NameAnswer, 'silence'>): Buffer {
  const [code, records] = typeof answer === 'number' ? [answer, []] : [0, answer]
  const header = Buffer.from(question.subarray(0, headerBytes))
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(records.length, 6)
  header.writeUInt32BE(0, 8)
  return Buffer.concat([header, question.subarray(headerBytes), ...records.map(mxRecord)])
}

function mxRecord([preference, host]: readonly [number, string]): Buffer {
  const labels = host.split('.').filter(Boolean)
  const name = Buffer.concat([
    ...labels.map((label) => Buffer.from(String.fromCharCode(label.length) + label, 'latin1')),
    Buffer.from([0]),
  ])
  // A pointer to the question's name, type MX, class IN, 60 s.
  const head = Buffer.from([0xc0, headerBytes, 0, 15, 0, 1, 0, 0, 0, 60, 0, name.length + 2, 0, preference])
  return Buffer.concat([head, name])
}
