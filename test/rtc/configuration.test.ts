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

test("an empty configuration has the standard's defaults", () => {
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

test("changing the returned configuration doesn't change the stored one", () => {
  const checked = checkConfiguration({ iceServers: [{ urls: 'stun:a' }] })
  configurationOf(checked).iceServers?.pop()
  expect(configurationOf(checked).iceServers).toEqual([{ urls: ['stun:a'] }])
})

test("an exception from a getter of the caller's object is passed on", () => {
  const configuration = {
    get iceServers(): never {
      throw new RangeError('mine')
    },
  }
  expect(() => checkConfiguration(configuration)).toThrow('mine')
})

test('certificates determine the tab that holds them, so they must be from one tab and not expired', () => {
  const [here, there] = [{}, {}]
  const checked = checkConfiguration({ certificates: [certificate(here), certificate(here)] })
  expect([checked.lender, checked.posted.certificates]).toEqual([here, [4, 4]])
  expect(checked.lender).toBe(here)
  const refused = expect.objectContaining({ name: 'InvalidAccessError' }) as unknown as Error
  expect(() => checkConfiguration({ certificates: [certificate(here), certificate(there)] })).toThrow(refused)
  expect(() => checkConfiguration({ certificates: [certificate(here, 1)] })).toThrow(refused)
})

test('a later configuration must name the same certificates, as in both browsers', () => {
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
