/** The named characters of HTML 4 from U+00A0 to U+00FF, in order. */
const LATIN_1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'

/** The names that HTML 5 has for ASCII, each after its character; what has no width is left out of a text. */
const ASCII =
  '&amp &AMP <lt <LT >gt >GT "quot "QUOT \'apos !excl #num $dollar %percnt (lpar )rpar *ast *midast +plus ,comma -hyphen -dash .period /sol :colon ;semi =equals ?quest @commat [lsqb [lbrack \\bsol ]rsqb ]rbrack ^Hat _lowbar _UnderBar `grave `DiacriticalGrave {lcub {lbrace |verbar |vert |VerticalLine }rcub }rbrace'

const NAMED: ReadonlyMap<string, string> = new Map([
  ...LATIN_1.split(' ').map((name, i): [string, string] => [name, String.fromCharCode(160 + i)]),
  ...ASCII.split(' ').map((entry): [string, string] => [entry.slice(1), entry.charAt(0)]),
  ['nbsp', ' '],
  ['Tab', '\t'],
  ['NewLine', '\n'],
  ['euro', '€'],
  ['inodot', 'ı'],
  ['lstrok', 'ł'],
  ['Lstrok', 'Ł'],
  ['zcaron', 'ž'],
  ['scaron', 'š'],
  ['ccaron', 'č'],
  ['shy', ''],
  ['zwnj', ''],
  ['zwj', ''],
  ['ZeroWidthSpace', ''],
  ['NoBreak', ''],
])

/** What a named entity of HTML stands for (of those that could be part of a value); undefined for others. */
export function entity(name: string): string | undefined {
  return NAMED.get(name)
}
