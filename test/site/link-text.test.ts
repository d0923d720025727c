import anchorme from 'anchorme'
import fc from 'fast-check'
import { LinkifyIt } from 'linkify-it'
import { find } from 'linkifyjs'
import MarkdownIt from 'markdown-it'
import { expect, test } from 'vitest'
import { createRoomLink } from '../../examples/shared/room-link.ts'
import { encodeConnectString } from '../../src/protocol/index.ts'
import { randomRoomName } from '../../src/room/index.ts'
import { fromLinkText, toLinkText } from '../../src/site/link-text.ts'
import { meetLink } from '../../src/site/route.ts'

/** A thousand connect strings of different peers. */
const CONNECT_STRINGS = fc
  .sample(
    fc.record({
      peer: fc.stringMatching(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/),
      protocol: fc.stringMatching(/^\/x\/chat-[A-Za-z]{16}$/),
      addrs: fc.array(
        fc
          .record({ host: fc.ipV4(), port: fc.nat({ max: 65_535 }) })
          .map(({ host, port }) => `/ip4/${host}/tcp/${port}/ws`),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    { numRuns: 1000, seed: 1 },
  )
  .map(encodeConnectString)

const FROM = ['', 'Ada', 'José', 'Ann (at work)', '<b>']

const LINKS = CONNECT_STRINGS.flatMap((text, at) => [
  createRoomLink('https://site.example/examples/chat.html', {
    name: randomRoomName(),
    from: FROM[at % FROM.length] ?? '',
    peers: at % 2 === 0 ? [] : [{ peer: '12D3KooWPeer', addrs: [text] }],
  }),
  meetLink('https://site.example/', text),
])

const linkify = new LinkifyIt()
const markdown = new MarkdownIt({ linkify: true })

test.each([
  ['linkify-it', (text: string) => linkify.match(text)?.map(({ url }) => url) ?? []],
  ['linkifyjs', (text: string) => find(text).map(({ href }) => href)],
  ['anchorme', (text: string) => anchorme.list(text).map(({ string }) => string)],
  [
    'markdown-it',
    (text: string) => [...markdown.render(text).matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href),
  ],
])('%s recognises a thousand invitation links completely in a text', (_, linksIn) => {
  for (const link of LINKS) expect(linksIn(`Come in: ${link}, I wait.`)).toEqual([link])
})

test('any text in a link can be read back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (any) => {
      expect(fromLinkText(toLinkText(any))).toBe(any.toWellFormed())
      expect(toLinkText(any)).toMatch(/^a=[A-Za-z0-9]*$/)
    }),
  )
})

test('an old link, with percent-encoded or plain text, can be read too', () => {
  for (const text of CONNECT_STRINGS.slice(0, 100)) {
    expect(fromLinkText(encodeURIComponent(text))).toBe(text)
  }
  expect(fromLinkText('a%zz')).toBe('a%zz')
  expect(fromLinkText('a=*')).toBe('a=*')
})
