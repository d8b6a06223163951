export interface ContentType {
  /** Lower case `type/subtype`; `text/plain` when the field is missing or unreadable (RFC 2045 section 5.2). */
  type: string
  params: ReadonlyMap<string, string>
  /** False when the part did not say. */
  stated: boolean
}

const parameter =
  /;[\s]{0,100}([a-z0-9*-]{1,40})[ \t]{0,10}=[ \t]{0,10}(?:"([^"]{0,300})"|([^\s;"]{1,300}))/gi
/** Some reporters forget the semicolon before the parameter: `text/plain\n charset=...`. */
const bareParameter = /\s(charset|boundary)=(?:"([^"]{1,300})"|([^\s;"]{1,300}))/gi

export function parseContentType(raw: string | undefined): ContentType {
  if (!raw) return { type: 'text/plain', params: new Map(), stated: false }
  const type = (
    /^[\s"]{0,20}([a-z0-9!#$&^_.+-]{1,80}\/[a-z0-9!#$&^_.+-]{1,80})/i.exec(raw)?.[1] ?? 'text/plain'
  ).toLowerCase()
  const params = new Map<string, string>()
  for (const pattern of [parameter, bareParameter])
    for (const match of raw.matchAll(pattern)) {
      const name = match[1]?.toLowerCase() ?? ''
      if (!params.has(name)) params.set(name, match[2] ?? match[3] ?? '')
    }
  return { type, params, stated: true }
}
