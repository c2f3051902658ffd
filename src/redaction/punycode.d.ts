/** The library by the name of its file: `punycode` alone is a module of Node's own, which is deprecated. */
declare module 'punycode/punycode.js' {
  const punycode: { encode(text: string): string }
  export = punycode
}
