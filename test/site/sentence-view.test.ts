import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeParts } from '../../src/site/sentence-view.ts'

const PEER = '12D3KooWAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnnAnn'
const ADDRESS = `/dns4/relay.example/tcp/443/wss/p2p/${PEER}`

test.each([
  [`Saved. After a restart, your peer’s ID is ${PEER}.`, [PEER]],
  ['The relay …oWSecond was asked (…abcdefgh).', ['…oWSecond', '…abcdefgh']],
  [`${ADDRESS}: the peer did not answer; ${ADDRESS}/p2p-circuit, too.`, [ADDRESS, `${ADDRESS}/p2p-circuit`]],
  ['“My room” failed to open a stream to a peer (/x/chat-room) twice.', ['“My room”', '/x/chat-room']],
  ['No relay answered at ws://localhost:8888/libp2p.', ['ws://localhost:8888/libp2p']],
  ['Looking up peers at https://routing.example fails.', ['https://routing.example']],
  ['127.0.0.1:8888 and relay.example are the same.', ['127.0.0.1:8888', 'relay.example']],
  ['The server is not returning /network.json: log in.', ['/network.json']],
  ['Open network.json, or start it with -nopeers.', ['network.json', '-nopeers']],
  ['The relay says: The protocol "/x y" is taken.', ['"/x y"']],
  ['A k51qzi5uqu5dkkciu33khkzbcmxtyhn ID can’t be dialled.', ['k51qzi5uqu5dkkciu33khkzbcmxtyhn']],
])('the code in “%s” is not offered to translators', (sentence, code) => {
  expect(codeParts(sentence).filter((_, index) => index % 2 === 1)).toEqual(code)
})

test('sentences without code are translated whole', () => {
  const sentence =
    'It is well-known that a read/write took 12 of 3,000 ms, and… that is all: “” is empty - as it was.'
  expect(codeParts(sentence)).toEqual([sentence])
})

test('no character is lost', () => {
  fc.assert(fc.property(fc.string(), (sentence) => codeParts(sentence).join('') === sentence))
})
