import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RTCIceCandidate } from '../../src/rtc/standard/ice-candidate.ts'

test('a TCP candidate has a TCP type', () => {
  const candidate = 'candidate:1 2 TCP 2105458943 fd00::2 9 typ host tcptype active generation 0'
  expect(new RTCIceCandidate({ candidate, sdpMLineIndex: 0 })).toMatchObject({
    component: 'rtcp',
    protocol: 'tcp',
    address: 'fd00::2',
    port: 9,
    type: 'host',
    tcpType: 'active',
    relatedAddress: null,
    relatedPort: null,
  })
})

test('any text is a candidate or has no fields, and toJSON returns it unchanged', () => {
  fc.assert(
    fc.property(fc.string(), (candidate) => {
      const made = new RTCIceCandidate({ candidate, sdpMid: '0' })
      expect(made.toJSON()).toEqual({ candidate, sdpMid: '0', sdpMLineIndex: null, usernameFragment: null })
      expect(made.foundation).toBeNull()
    }),
  )
})

test('a megabyte of blanks is parsed quickly', () => {
  const candidate = `candidate:1 1 udp 1 a 1 typ host${' x'.repeat(500_000)}\n`
  expect(new RTCIceCandidate({ candidate, sdpMid: '0' }).type).toBeNull()
})
