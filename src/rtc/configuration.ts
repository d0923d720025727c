import type { RTCCertificate } from './certificate.ts'
import { holderOf } from './certificate.ts'
import type { Configuration, IceServer } from './messages.ts'
import { dictionary, domString, enumeration, integer, sequence } from './webidl.ts'

/** A configuration that has been checked, as it travels, and what it needs of a lender. */
export interface CheckedConfiguration {
  wire: Configuration
  certificates: RTCCertificate[]
  /** The one lender that holds the certificates; undefined if any lender will do. */
  lender: object | undefined
}

const SCHEMES = /^(?:stuns?|turns?):./i
const TURN = /^turns?:/i

function iceServer(value: unknown): IceServer {
  const { urls, username, credential } = dictionary(value, 'RTCIceServer')
  if (urls === undefined) throw new TypeError('Malformed RTCIceServer: it has no urls')
  const list = typeof urls === 'string' ? [urls] : sequence(urls, 'urls').map(domString)
  if (list.length === 0) throw new DOMException('ICE server parsing failed: no URL', 'SyntaxError')
  for (const url of list) {
    if (!SCHEMES.test(url)) throw new DOMException(`'${url}' is not a valid stun or turn URL.`, 'SyntaxError')
    if (TURN.test(url) && (username === undefined || credential === undefined)) {
      const message = 'Both username and credential are required when the URL scheme is "turn" or "turns".'
      throw new DOMException(message, 'InvalidAccessError')
    }
  }
  return {
    urls: list,
    ...(username === undefined ? {} : { username: domString(username) }),
    ...(credential === undefined ? {} : { credential: domString(credential) }),
  }
}

function checkedCertificates(
  value: unknown,
): Pick<CheckedConfiguration, 'certificates' | 'lender'> & { numbers: number[] } {
  const certificates: RTCCertificate[] = []
  const numbers: number[] = []
  let lender: object | undefined
  for (const item of value === undefined ? [] : sequence(value, 'certificates')) {
    const holder = holderOf(item)
    if (holder === undefined) throw new TypeError("Failed to convert value to 'RTCCertificate'.")
    const certificate = item as RTCCertificate
    if (certificate.expires <= Date.now())
      throw new DOMException('A certificate has expired.', 'InvalidAccessError')
    if (lender !== undefined && lender !== holder.lender) {
      throw new DOMException('The certificates are held by different tabs.', 'InvalidAccessError')
    }
    lender = holder.lender
    certificates.push(certificate)
    numbers.push(holder.certificate)
  }
  return { certificates, lender, numbers }
}

/**
 * Checks an RTCConfiguration as the constructor of RTCPeerConnection does, and throws what it would: TypeError,
 * SyntaxError for a URL, InvalidAccessError for a TURN server without credentials or an expired certificate.
 *
 * What only the tab's browser can judge (a host name, say) is judged there, and closes the connection if it fails.
 */
export function checkConfiguration(value: unknown): CheckedConfiguration {
  const given = dictionary(value, 'RTCConfiguration')
  const { iceServers } = given
  const { certificates, lender, numbers } = checkedCertificates(given['certificates'])
  return {
    certificates,
    lender,
    wire: {
      iceServers: iceServers === undefined ? [] : sequence(iceServers, 'iceServers').map(iceServer),
      iceTransportPolicy: enumeration(
        given['iceTransportPolicy'],
        ['all', 'relay'],
        'RTCIceTransportPolicy',
        'all',
      ),
      bundlePolicy: enumeration(
        given['bundlePolicy'],
        ['balanced', 'max-bundle', 'max-compat'],
        'RTCBundlePolicy',
        'balanced',
      ),
      rtcpMuxPolicy: enumeration(given['rtcpMuxPolicy'], ['require'], 'RTCRtcpMuxPolicy', 'require'),
      iceCandidatePoolSize: integer(given['iceCandidatePoolSize'] ?? 0, 255, 'iceCandidatePoolSize'),
      certificates: numbers,
    },
  }
}

/** Throws InvalidModificationError where `setConfiguration` may not change what the constructor set. */
export function checkModification(before: CheckedConfiguration, after: CheckedConfiguration): void {
  const same =
    before.wire.bundlePolicy === after.wire.bundlePolicy &&
    before.wire.rtcpMuxPolicy === after.wire.rtcpMuxPolicy &&
    (after.certificates.length === 0 ||
      (after.certificates.length === before.certificates.length &&
        after.certificates.every((certificate, index) => certificate === before.certificates[index])))
  if (same) return
  const message = "Attempted to modify the PeerConnection's configuration in an unsupported way."
  throw new DOMException(message, 'InvalidModificationError')
}

/** What `getConfiguration` gives: a fresh object at every call. */
export function configurationOf({ wire, certificates }: CheckedConfiguration): RTCConfiguration {
  return {
    ...wire,
    iceServers: wire.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
    certificates: [...certificates],
  }
}
