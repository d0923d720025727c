/** What a connect string in a link begins with, so that it is told from one of an older link, which is percent-encoded. */
const MARK = 'a='

/** Base64 has three characters that are no letters or digits. Each is written with two letters, and so is the first of these. */
const ESCAPES: Readonly<Record<string, string>> = { z: 'zz', '+': 'za', '/': 'zb', '=': '' }
const ESCAPED: Readonly<Record<string, string>> = { zz: 'z', za: '+', zb: '/' }

/**
 * A text as a link can carry it through mail, chats and forums: nothing but letters and digits, so that no program which looks for
 * links in a text ends this one early or takes a part of it for markup.
 */
export function toLinkText(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCodePoint(byte)).join(''))
  return MARK + base64.replaceAll(/[z+/=]/gu, (character) => ESCAPES[character] ?? '')
}

/** Reads what {@link toLinkText} wrote, or an older link's text. What is neither is given as it is. */
export function fromLinkText(written: string): string {
  try {
    if (!written.startsWith(MARK)) return decodeURIComponent(written)
    const base64 = written.slice(MARK.length).replaceAll(/z[zab]/gu, (pair) => ESCAPED[pair] ?? '')
    const bytes = Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0)
    return new TextDecoder().decode(bytes)
  } catch {
    // Whoever reads the connect string says what is wrong with it.
    return written
  }
}
