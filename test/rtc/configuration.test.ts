import { expect, test } from 'vitest'
import { RTCCertificate } from '../../src/rtc/standard/certificate.ts'
import {
  checkConfiguration,
  checkModification,
  configurationOf,
  givenConfiguration,
} from '../../src/rtc/standard/configuration.ts'

function certificate(lender: object, expires = Date.now() + 1e6): RTCCertificate {
  return new RTCCertificate({ expires, fingerprints: [] }, { lender, certificate: 4 })
}

test('nothing given is the standard’s defaults', () => {
  for (const nothing of [undefined, null, {}]) {
    expect(configurationOf(checkConfiguration(nothing))).toEqual({
      iceServers: [],
      iceTransportPolicy: 'all',
      bundlePolicy: 'balanced',
      rtcpMuxPolicy: 'require',
      iceCandidatePoolSize: 0,
      certificates: [],
    })
  }
})

test('what is given out cannot change what is kept', () => {
  const checked = checkConfiguration({ iceServers: [{ urls: 'stun:a' }] })
  configurationOf(checked).iceServers?.pop()
  expect(configurationOf(checked).iceServers).toEqual([{ urls: ['stun:a'] }])
})

test('a getter of the caller that throws, throws', () => {
  const configuration = {
    get iceServers(): never {
      throw new RangeError('mine')
    },
  }
  expect(() => checkConfiguration(configuration)).toThrow('mine')
})

test('certificates ask for the one tab that holds them, and must be of one tab and not expired', () => {
  const [here, there] = [{}, {}]
  const checked = checkConfiguration({ certificates: [certificate(here), certificate(here)] })
  expect([checked.lender, checked.wire.certificates]).toEqual([here, [4, 4]])
  expect(checked.lender).toBe(here)
  const refused = expect.objectContaining({ name: 'InvalidAccessError' }) as unknown as Error
  expect(() => checkConfiguration({ certificates: [certificate(here), certificate(there)] })).toThrow(refused)
  expect(() => checkConfiguration({ certificates: [certificate(here, 1)] })).toThrow(refused)
})

test('a modification names the same certificates, as both browsers want it', () => {
  const held = certificate({})
  const before = checkConfiguration({ certificates: [held] })
  const modify = (value: object): unknown => checkModification(before, givenConfiguration(value), false)
  expect(() => modify({ certificates: [held] })).not.toThrow()
  for (const other of [{}, { certificates: [certificate({})] }]) {
    expect(() => modify(other)).toThrow(expect.objectContaining({ name: 'InvalidModificationError' }))
  }
})

test('the size of the candidate pool is fixed once candidates are gathered', () => {
  const before = checkConfiguration({})
  const modify = (gathers: boolean): unknown =>
    checkModification(before, givenConfiguration({ iceCandidatePoolSize: 1 }), gathers)
  expect(() => modify(false)).not.toThrow()
  expect(() => modify(true)).toThrow(expect.objectContaining({ name: 'InvalidModificationError' }))
})
