/** The one function of libmime that is called; the package brings no types. */
declare module 'libmime' {
  const libmime: { decodeWords(value: string): string }
  export default libmime
}
