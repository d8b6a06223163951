import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'

export interface EncodedBody {
  encoding: 'br' | 'identity'
  body: Buffer
}

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/** Mail shrinks to a third at this quality, at 20 MB/s; the best one would take seconds for 2 MB. */
const quality = 4
const maxBytes = 16 * 1024 * 1024

export async function encodeBody(bytes: Uint8Array): Promise<EncodedBody> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  const compressed = await compress(bytes, { params })
  if (compressed.length < bytes.length) return { encoding: 'br', body: compressed }
  return { encoding: 'identity', body: Buffer.from(bytes) }
}

export async function decodeBody({ encoding, body }: EncodedBody): Promise<Buffer> {
  return encoding === 'br' ? await decompress(body, { maxOutputLength: maxBytes }) : body
}
