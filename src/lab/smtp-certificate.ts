import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'

/**
 * A key and a certificate that signs itself, PEM; made when needed, so that no private key lies in the repository.
 * It is good for 30 days, or has been over for as long. The one for localhost is good for its addresses as well.
 */
export function selfSignedCertificate(
  host = 'localhost',
  { expired = false } = {},
): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const signed = toBeSigned(publicKey, host, Date.now() - (expired ? 60 * dayMs : 0))
  const signature = sign('sha256', signed, createPrivateKey(privateKey))
  const der = sequence(signed, ecdsaWithSha256, element(0x03, Buffer.from([0]), signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey,
    cert: ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
  }
}

const dayMs = 86_400_000

// The structure of RFC 5280 section 4.1, in DER.
function toBeSigned(publicKey: Buffer, host: string, nowMs: number): Buffer {
  const name = sequence(element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from(host)))))
  const validity = sequence(utcTime(nowMs - dayMs), utcTime(nowMs + 30 * dayMs))
  const serial = element(0x02, Buffer.from([1]))
  const version3 = element(0xa0, element(0x02, Buffer.from([2])))
  return sequence(version3, serial, ecdsaWithSha256, name, validity, name, publicKey, extensions(host))
}

function extensions(host: string): Buffer {
  const addresses = [element(0x87, Buffer.from([127, 0, 0, 1])), element(0x87, Buffer.alloc(16).fill(1, 15))]
  const names = sequence(element(0x82, Buffer.from(host)), ...(host === 'localhost' ? addresses : []))
  const subjectAltName = sequence(objectId('551d11'), element(0x04, names))
  return element(0xa3, sequence(subjectAltName))
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)
  return element(0x17, Buffer.from(`${digits}Z`))
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'))
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts)
}

function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'))
