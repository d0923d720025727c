import { expect, test } from 'vitest'
import { isRelayUrl } from '../../src/page/page-address.ts'

const AT_THE_ROOT = new URL('https://site.example/libp2p-websocket.js')
const IN_A_DIRECTORY = new URL('https://site.example/team/app/libp2p-websocket.js?v=2')

test.each([
  ['wss://site.example/libp2p', AT_THE_ROOT],
  ['wss://site.example/libp2p?room=1', AT_THE_ROOT],
  ['ws://localhost:8888/libp2p', AT_THE_ROOT],
  ['ws://127.0.0.1:1234/libp2p', AT_THE_ROOT],
  ['ws://[::1]:8888/libp2p', AT_THE_ROOT],
  ['wss://site.example/libp2p', IN_A_DIRECTORY],
  ['wss://site.example/team/app/libp2p', IN_A_DIRECTORY],
])('%s reaches the peer in the browser', (url, script) => {
  expect(isRelayUrl(new URL(url), script)).toBe(true)
})

test.each([
  ['wss://site.example/a/b/libp2p', AT_THE_ROOT],
  ['wss://site.example/libp2p/', AT_THE_ROOT],
  ['wss://site.example/mylibp2p', AT_THE_ROOT],
  ['wss://site.example/team/libp2p', IN_A_DIRECTORY],
  ['ws://localhost:8888/a/libp2p', AT_THE_ROOT],
  ['wss://other.example/libp2p', AT_THE_ROOT],
  ['wss://site.example:8443/libp2p', AT_THE_ROOT],
  ['https://site.example/libp2p', AT_THE_ROOT],
])('%s reaches the server that it names', (url, script) => {
  expect(isRelayUrl(new URL(url), script)).toBe(false)
})
