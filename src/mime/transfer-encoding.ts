const hex = /=([0-9a-fA-F]{2})/g

/** Undoes Content-Transfer-Encoding (RFC 2045 section 6); both sides are bytes as Latin-1 characters. */
export function decodeTransfer(body: string, encoding: string): string {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return decodeBase64(body)
    case 'quoted-printable':
      return decodeQuotedPrintable(body)
    default:
      return body
  }
}

function decodeQuotedPrintable(body: string): string {
  return body
    .replace(/[ \t]{1,76}\n/g, '\n')
    .replaceAll('=\n', '')
    .replace(hex, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** Text that a server appended after the encoded lines (a footer, a broken boundary) ends the decoding. */
function decodeBase64(body: string): string {
  const end = /^[^\nA-Za-z0-9+/=]/m.exec(body)?.index ?? body.length
  return Buffer.from(body.slice(0, end), 'base64').toString('latin1').replace(/\r\n?/g, '\n')
}
