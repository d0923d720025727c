import { endsHead } from './head-elements.ts'
import type { HtmlToken } from './html-tokenizer.ts'
import { HtmlTokenizer } from './html-tokenizer.ts'

/** Bytes of a document that are searched for its encoding. Browsers search to the end of the head. */
export const DECLARATION_BYTES = 65_536
/** Bytes that browsers always search, even beyond the head. */
const PRESCAN_BYTES = 1024
/** The first bytes of a UTF-16 document with a byte order mark or an XML declaration. */
const UTF16_STARTS = [
  [0xfe, 0xff],
  [0xff, 0xfe],
  [0x3c, 0x00, 0x3f, 0x00],
  [0x00, 0x3c, 0x00, 0x3f],
]
const XML_ENCODING = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']?[\w.:-]/u

/**
 * Returns whether an HTML document declares its encoding by a byte order mark, an XML declaration or a meta
 * tag. A charset in the Content-Type header would override that.
 *
 * @param bytes the first bytes of the document; {@link DECLARATION_BYTES} are enough
 */
export function declaresEncoding(bytes: Uint8Array): boolean {
  if (
    [...UTF16_STARTS, [0xef, 0xbb, 0xbf]].some((mark) => mark.every((byte, index) => bytes[index] === byte))
  ) {
    return true
  }
  // One character per byte.
  const text = new TextDecoder('windows-1252').decode(bytes.subarray(0, DECLARATION_BYTES))
  return XML_ENCODING.test(text) || hasCharsetMeta(text)
}

function hasCharsetMeta(text: string): boolean {
  let found = false
  let isHead = true
  let templates = 0
  const tokenizer = new HtmlTokenizer((token) => {
    if (token.kind === 'start' && token.name === 'template') templates += 1
    else if (token.kind === 'end' && token.name === 'template') templates = Math.max(0, templates - 1)
    else if (templates === 0 && endsHead(token)) isHead = false
    if ((isHead || token.start < PRESCAN_BYTES) && namesCharset(token)) found = true
  })
  tokenizer.write(text)
  tokenizer.end()
  return found
}

function namesCharset(token: HtmlToken): boolean {
  if (token.kind !== 'start' || token.name !== 'meta') return false
  const { attributes } = token
  if ((attributes.get('charset') ?? '').trim() !== '') return true
  return (
    attributes.get('http-equiv')?.trim().toLowerCase() === 'content-type' &&
    /charset\s*=\s*["']?[^\s"';]/iu.test(attributes.get('content') ?? '')
  )
}
