import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LeaveReason } from '../../src/html/index.ts'
import type { ScriptInsertionInit } from '../../src/service-worker/script-insertion.ts'
import { added, treeOf } from './same-document.ts'
import { ScriptInsertion, scriptInsertion } from '../../src/service-worker/script-insertion.ts'

const TAG = '<script src="/libp2p-websocket.js"></script>'

interface Result {
  bytes: Uint8Array
  left: LeaveReason | undefined
}

function insert(chunks: readonly Uint8Array[], init: Partial<ScriptInsertionInit> = {}): Result {
  let left: LeaveReason | undefined
  const insertion = new ScriptInsertion({
    tag: TAG,
    charset: '',
    allows: () => true,
    left: (why) => {
      left = why
    },
    ...init,
  })
  const given = [...chunks.flatMap((chunk) => insertion.push(chunk)), ...insertion.end()]
  return { bytes: Buffer.concat(given), left }
}

function insertText(html: string, init?: Partial<ScriptInsertionInit>): string {
  return Buffer.from(insert([Buffer.from(html)], init).bytes).toString()
}

/** Expects the tag to be inserted at the `|`. */
function expectPlace(marked: string): void {
  expect(insertText(marked.replace('|', ''))).toBe(marked.replace('|', TAG))
}

describe('the script is the first child of the head', () => {
  test.each([
    '<!doctype html><html><head>|<title>t</title></head><body>b</body></html>',
    '<html><head lang="a>b" x=\'>\' y=1>|\n<meta charset=utf-8>',
    '<HTML><HEAD>|<TITLE>t</TITLE>',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<head>|</head>',
    '<!-- <head> --><!doctype html><!-- <html> --->\n<html><!-- c --!><head>|',
    '<!----><!doctype html><!--> <!---><head>|<title>',
    '<? xml ?><!doctype html></p></><head/>|<p>',
    '<!doctype html>\n|<title>no head</title>',
    '<!doctype html><html lang=en>\n|<title>no head</title>',
    '|Just words',
    '  \n|Words after spaces',
    '<!doctype html>|<p>no head',
    '<!doctype html>|<body>',
    '<!doctype html>|</head><body>',
    '<html>|</body>',
    '|< is no tag',
    '<!doctype html>|<header>not a head</header>',
    '|<script>var a = "<head>"</script><head>',
    '<html a><html b><!doctype c><head>|<link>',
  ])('%s', (marked) => expectPlace(marked))

  test('and follows a NUL, because a tag before the doctype would cause quirks mode', () => {
    expectPlace('\0<!doctype html>|<title>t</title>')
    expectPlace('<html>|\0<frameset></frameset>')
    expectPlace('\0|words')
  })

  test('after the byte order mark in UTF-8', () => {
    const html = Buffer.from('\uFEFF<!doctype html><title>é</title>')
    const { bytes } = insert([html])
    expect(Buffer.from(bytes).toString()).toBe(`\uFEFF<!doctype html>${TAG}<title>é</title>`)
  })

  test.each([
    ['utf-16le', '', '\uFEFF'],
    ['utf-16be', '', '\uFEFF'],
    ['utf-16le', 'utf-16', ''],
    ['utf-16be', 'UTF-16BE', ''],
  ])('in %s with the charset %j and the byte order mark %j', (encoding, charset, mark) => {
    const encode = (text: string): Buffer => {
      const bytes = Buffer.from(text, 'utf16le')
      return encoding === 'utf-16be' ? bytes.swap16() : bytes
    }
    // The bytes of 㰀 and 㸼 contain those of < and >.
    const html = (tag: string): string => `${mark}<!doctype html><!-- 㰀㸼 --><head>${tag}<title>㰀</title>`
    const { bytes } = insert([encode(html(''))], { charset })
    expect(Buffer.from(bytes)).toEqual(encode(html(TAG)))
  })

  test('in Shift_JIS, whose second bytes can be letters and backslashes', () => {
    // In Shift_JIS, ソ is 83 5C, 表 is 95 5C and ア is 83 41.
    const words = Buffer.from([0x83, 0x5c, 0x95, 0x5c, 0x83, 0x41])
    const before = Buffer.from('<html><head>')
    const after = Buffer.concat([Buffer.from('<title>'), words, Buffer.from('</title>')])
    const { bytes } = insert([before, after])
    expect(Buffer.from(bytes)).toEqual(Buffer.concat([before, Buffer.from(TAG), after]))
  })
})

describe('a page is left unchanged', () => {
  test.each<[LeaveReason, string]>([
    ['ours', '<head><script src="/libp2p-websocket.js"></script>'],
    ['ours', '<head><title>t</title><SCRIPT async SRC=" ../libp2p-websocket.js?v=1#a "></SCRIPT>'],
    ['ours', '<script src=libp2p-websocket.js></script>'],
    ['native', '<head><meta name="libp2p-websocket" content="native">'],
    ['native', '<title>t</title><script>1</script><META CONTENT=Native NAME=LibP2P-WebSocket><p>'],
    ['native', '<template><div></div></template><meta name=libp2p-websocket content=native>'],
    ['no-place', ''],
    ['no-place', ' \n<!-- nothing -->'],
    ['no-place', '<!doctype html><html><hea'],
    ['no-place', '\0'],
    ['forbidden', '<meta http-equiv=Content-Security-Policy content="script-src &#39;none&#39;">'],
    [
      'forbidden',
      '<meta http-equiv=content-security-policy content="script&#45;src&Tab;&apos;n&#x6fne&#0039">',
    ],
    [
      'forbidden',
      `<script>${'x'.repeat(100_000)}</script><meta http-equiv=content-security-policy content="script-src 'none'">`,
    ],
    [
      'forbidden',
      `<script><!-- <script> </script> <p> --></script><meta http-equiv=content-security-policy content="script-src 'none'">`,
    ],
  ])('%s: %s', (why, html) => {
    const policies: string[] = []
    const { bytes, left } = insert([Buffer.from(html)], {
      allows(policy) {
        policies.push(policy)
        return false
      },
    })
    expect(left).toBe(why)
    expect(Buffer.from(bytes).toString()).toBe(html)
    if (why === 'forbidden')
      expect(policies.map((policy) => policy.replaceAll('\t', ' '))).toEqual(["script-src 'none'"])
  })

  test.each([
    '<head><title><script src="/libp2p-websocket.js"></script></title>',
    '<head><!-- <meta name=libp2p-websocket content=native> -->',
    '<head><template><meta name=libp2p-websocket content=native></template>',
    '<head><script>"<meta name=libp2p-websocket content=native>"</script>',
    '<head></head><body><meta name=libp2p-websocket content=native>',
    '<head><p><meta name=libp2p-websocket content=native>',
    '<head>words<meta name=libp2p-websocket content=native>',
    '<head><script src="/not-libp2p-websocket.js"></script>',
    '<head><script><!-- <script> </script> <meta name=libp2p-websocket content=native> --></script>',
  ])('but not because of what only looks like it: %s', (html) => {
    expect(insert([Buffer.from(html)]).left).toBeUndefined()
  })
})

/** Pieces of documents that are difficult to tokenize. */
const fragment = fc.constantFrom(
  '<!doctype html>',
  '<!-- c -->',
  '<!-- > -- --!>',
  '<!-->',
  '<!x>',
  '<?x>',
  '</x>',
  '</>',
  '<html>',
  '<html a="<head>">',
  '<head>',
  "<head b='>'/>",
  '</head>',
  '<title>a<b</title>',
  '<script>x = "</scr" + "<!--"</script>',
  '<script src=libp2p-websocket.js></script>',
  '<meta charset=utf-8>',
  '<meta name=libp2p-websocket content=native>',
  '<template><p></template>',
  '<link rel=x href="a">',
  '<body>',
  '<p>',
  ' ',
  '\n',
  'words',
  '<',
  '<3',
  '日本',
  '\u00e9',
)
const documentBytes = fc
  .tuple(fc.array(fragment, { maxLength: 12 }), fc.constantFrom<BufferEncoding>('utf8', 'utf16le', 'latin1'))
  .map(([fragments, encoding]) =>
    Buffer.from(`${encoding === 'latin1' ? '' : '\uFEFF'}${fragments.join('')}`, encoding),
  )

/** Text that must not be taken for markup. */
const oddFragment = fc.oneof(
  fragment.filter((text) => !text.includes('libp2p-websocket')),
  fc.constantFrom(
    '\0',
    '</html>',
    '</br>',
    '<frameset>',
    '<noscript><p></noscript>',
    '<script><!-- <script> </script> --></script>',
    '<script><!-- <SCRIPT/ </script><!-- </script>',
    '<title><!-- </title> --></title>',
    '<textarea><head></textarea>',
    '<plaintext>',
    '<svg><title><p></title></svg>',
    '<svg><![CDATA[<head>]]></svg>',
    '<template><svg><style><b></style></svg></template>',
    '<meta http-equiv="content-security-policy" content="&lt;head&gt;">',
    '&#32;&Tab;',
    '\r\n',
  ),
)

describe('the tree of the document', () => {
  test('gains one script at the start of the head, and keeps its mode', () => {
    fc.assert(
      fc.property(fc.array(oddFragment, { minLength: 1, maxLength: 12 }), (fragments) => {
        // A NUL before the doctype means more to the standard, which this reads, than to browsers.
        const html = `${fragments.includes('\0') ? '<!doctype html>' : ''}${fragments.join('')}`
        const { bytes, left } = insert([Buffer.from(html)])
        if (left !== undefined) {
          expect(left).toBe('no-place')
          return
        }
        const more = added(treeOf(html), treeOf(Buffer.from(bytes).toString()))
        expect(more?.map((line) => line.trim())).toEqual([
          '<http://www.w3.org/1999/xhtml script src="/libp2p-websocket.js">',
        ])
      }),
      { numRuns: 2000 },
    )
  })
})

describe('however a document is split into pieces', () => {
  test('the result is the same, and is the original document apart from the tag', () => {
    fc.assert(
      fc.property(documentBytes, fc.array(fc.nat(), { maxLength: 20 }), (bytes, cuts) => {
        const whole = insert([bytes])
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
        const chunks = places.slice(1).map((place, index) => bytes.subarray(places[index], place))
        const cut = insert(chunks)
        expect(cut).toEqual(whole)
        expect(insert([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
        const isWide = bytes[0] === 0xff && bytes[1] === 0xfe
        const tag = Buffer.from(TAG, isWide ? 'utf16le' : 'utf8')
        const at = Buffer.from(whole.bytes).indexOf(tag)
        if (at === -1) expect(Buffer.from(whole.bytes)).toEqual(bytes)
        else {
          const without = [whole.bytes.subarray(0, at), whole.bytes.subarray(at + tag.length)]
          expect(Buffer.concat(without)).toEqual(bytes)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('nothing is held back before the head or after its end', () => {
    const insertion = new ScriptInsertion({ tag: TAG, charset: '', allows: () => true })
    const given = (html: string): string => Buffer.concat(insertion.push(Buffer.from(html))).toString()
    expect(given('<!doctype html><!-- c --><ht')).toBe('<!doctype html><!-- c -->')
    expect(given('ml><head>')).toBe('<html><head>')
    expect(given('<title>t</title>')).toBe('')
    expect(given('<p>')).toBe(`${TAG}<title>t</title><p>`)
  })

  test('a head beyond the scan limit is left unchanged, because a later part could forbid scripts', () => {
    const html = `<head><script>${'y'.repeat(2000)}</script><p>`
    expect(insert([Buffer.from(html)], { scanUnits: 1000 })).toEqual({
      bytes: Buffer.from(html),
      left: 'too-long',
    })
  })

  test('it passes through piece by piece', async () => {
    const { readable, writable } = scriptInsertion({ tag: TAG, charset: '', allows: () => true })
    const writer = writable.getWriter()
    const reader = readable.getReader()
    const read = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString()
    void writer.write(Buffer.from('<!doctype html><head><p>'))
    expect([await read(), await read(), await read()]).toEqual(['<!doctype html><head>', TAG, '<p>'])
    void writer.write(Buffer.from('more'))
    expect(await read()).toBe('more')
    void writer.close()
    expect((await reader.read()).done).toBe(true)
  })

  test('a tag without an end is not waited for', () => {
    const html = `<html ${'a'.repeat(2000)}`
    expect(insertText(html, { scanUnits: 1000 })).toBe(html)
  })
})
