import { isRecord } from '../messages/guards.ts'
import type { CertificateAlgorithm } from '../messages/messages.ts'
import { dictionary, domString, integer } from './webidl.ts'

/**
 * Converts the argument of `generateCertificate` to plain data. Throws TypeError if it isn't an algorithm;
 * the tab's browser decides which ones it supports.
 */
export function certificateAlgorithm(value: unknown): CertificateAlgorithm {
  if (!isRecord(value)) return { name: domString(value) }
  const given = dictionary(value, 'AlgorithmIdentifier')
  const { name, namedCurve, modulusLength, publicExponent, hash, expires } = given
  if (name === undefined) throw new TypeError('Algorithm: name: Missing or not a string')
  const hashName = typeof hash === 'object' ? dictionary(hash, 'HashAlgorithmIdentifier')['name'] : hash
  return {
    name: domString(name),
    ...(namedCurve === undefined ? {} : { namedCurve: domString(namedCurve) }),
    ...(modulusLength === undefined
      ? {}
      : { modulusLength: integer(modulusLength, 0xff_ff_ff_ff, 'modulusLength') }),
    ...(publicExponent instanceof Uint8Array ? { publicExponent: publicExponent.slice() } : {}),
    ...(hashName === undefined ? {} : { hash: domString(hashName) }),
    ...(expires === undefined ? {} : { expires: integer(expires, Number.MAX_SAFE_INTEGER, 'expires') }),
  }
}
