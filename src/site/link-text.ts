/** The default prefix of this encoding. Links of earlier versions don't have it: they are percent-encoded. */
const MARK = 'a='

/**
 * Replaces the three base64 characters that are neither letters nor digits, and the letter that begins the
 * replacements.
 */
const ESCAPES: Readonly<Record<string, string>> = { z: 'zz', '+': 'za', '/': 'zb', '=': '' }
const ESCAPED: Readonly<Record<string, string>> = { zz: 'z', za: '+', zb: '/' }

/**
 * Encodes a text for the fragment of a link, using only letters and digits after the prefix. Mail, chat and
 * forum programs that detect links then neither cut the link short nor read a part of it as markup.
 */
export function toLinkText(text: string, mark = MARK): string {
  const bytes = new TextEncoder().encode(text)
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(''))
  return mark + base64.replaceAll(/[z+/=]/gu, (character) => ESCAPES[character] ?? '')
}

/**
 * Decodes the result of {@link toLinkText}, or percent-encoded text of an older link. Returns anything else
 * unchanged.
 */
export function fromLinkText(encoded: string, mark = MARK): string {
  try {
    if (!encoded.startsWith(mark)) return decodeURIComponent(encoded)
    const base64 = encoded.slice(mark.length).replaceAll(/z[zab]/gu, (pair) => ESCAPED[pair] ?? '')
    const bytes = Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0)
    return new TextDecoder().decode(bytes)
  } catch {
    // The connect string's decoder reports what is wrong with it.
    return encoded
  }
}
