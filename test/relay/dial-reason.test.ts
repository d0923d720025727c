import '../support/polyfill.ts'
import { generateKeyPairSync } from 'node:crypto'
import { publicKeyFromProtobuf } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { reasonOfDial } from '../../src/relay/dialing/dial-reason.ts'

const ADDRESS = multiaddr('/dns4/relay.example/tcp/443/tls/ws')

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

test.each([
  ['/ip4/192.168.0.7/tcp/443/tls/ws', 'it is in the local network'],
  ['/dns4/relay.example/tcp/80/ws', 'it is not encrypted'],
])('the error for %s explains the refusal in our words, not in those of js-libp2p', (text, why) => {
  const denied = named('DialDeniedError', 'The connection gater denied all addresses in the dial request')
  expect(reasonOfDial(denied, multiaddr(text))).toBe(`${why}, and neither this site nor its user named it`)
})

test('a peer with an ECDSA key is refused, and the error names the kind of key', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  // A PublicKey message of libp2p: its type, ECDSA, and its data.
  const message = Uint8Array.of(0x08, 3, 0x12, der.length, ...der)
  let thrown: unknown
  try {
    publicKeyFromProtobuf(message)
  } catch (error) {
    thrown = error
  }
  const words = thrown instanceof Error ? thrown.message : ''
  expect(reasonOfDial(named('EncryptionFailedError', words), ADDRESS)).toBe(
    'the peer uses an unsupported key type, such as ECDSA',
  )
})

test("a circuit relay's status codes are translated; other reasons are passed on, but only their first line", () => {
  const refused = new Error('failed to connect via relay with status NO_RESERVATION')
  expect(reasonOfDial(refused, ADDRESS)).toBe('the peer has no reservation on that circuit relay')
  expect(reasonOfDial(new Error('one\ntwo'), ADDRESS)).toBe('one')
})
