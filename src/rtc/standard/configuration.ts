import type { RTCCertificate } from './certificate.ts'
import { holderOf } from './certificate.ts'
import { chromiumIceChecks } from './chromium-ice-checks.ts'
import { firefoxIceChecks } from './firefox-ice-checks.ts'
import type { GivenIceServer, IceChecks } from './ice-checks.ts'
import { IN_FIREFOX } from './in-firefox.ts'
import type { Configuration } from '../messages/messages.ts'
import { dictionary, domString, enumeration, integer, sequence, stringOrSequence } from './webidl.ts'

/** A configuration that has been checked, as it is sent to a tab, and the tab that it requires. */
export interface CheckedConfiguration {
  posted: Configuration
  certificates: RTCCertificate[]
  /** The only tab that holds the certificates; undefined if any tab will do. */
  lender: object | undefined
}

/** A configuration whose members have the right types but whose values have not been checked. */
type GivenConfiguration = Omit<CheckedConfiguration, 'posted'> & {
  posted: Omit<Configuration, 'iceServers'>
  iceServers: GivenIceServer[]
}

const CHECKS = IN_FIREFOX ? firefoxIceChecks : chromiumIceChecks

function givenIceServer(value: unknown): GivenIceServer {
  const { credential, url, urls = url, username } = dictionary(value, 'RTCIceServer')
  return {
    urls: urls === undefined ? undefined : stringOrSequence(urls),
    ...(username === undefined ? {} : { username: domString(username) }),
    ...(credential === undefined ? {} : { credential: domString(credential) }),
  }
}

function givenCertificates(
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
 * Converts an RTCConfiguration as Web IDL does. Throws TypeError, and InvalidAccessError for an expired
 * certificate.
 */
export function givenConfiguration(value: unknown): GivenConfiguration {
  const given = dictionary(value, 'RTCConfiguration')
  // Web IDL reads members in the order of their names.
  const bundlePolicy = enumeration(
    given['bundlePolicy'],
    ['balanced', 'max-bundle', 'max-compat'],
    'RTCBundlePolicy',
    'balanced',
  )
  const { certificates, lender, numbers } = givenCertificates(given['certificates'])
  const iceCandidatePoolSize = integer(given['iceCandidatePoolSize'] ?? 0, 255, 'iceCandidatePoolSize')
  const { iceServers } = given
  return {
    certificates,
    lender,
    iceServers: iceServers === undefined ? [] : sequence(iceServers, 'iceServers').map(givenIceServer),
    posted: {
      bundlePolicy,
      certificates: numbers,
      iceCandidatePoolSize,
      iceTransportPolicy: enumeration(
        given['iceTransportPolicy'],
        ['all', 'relay'],
        'RTCIceTransportPolicy',
        'all',
      ),
      // The DOM's types no longer have `negotiate`, which both browsers accept.
      rtcpMuxPolicy: enumeration(
        given['rtcpMuxPolicy'],
        ['require', 'negotiate'],
        'RTCRtcpMuxPolicy',
        'require',
      ) as RTCRtcpMuxPolicy,
    },
  }
}

/**
 * Checks an RTCConfiguration as this browser's constructor of RTCPeerConnection does. Throws the same errors:
 * TypeError, SyntaxError for a URL, InvalidAccessError for a TURN server without credentials or an expired
 * certificate.
 */
export function checkConfiguration(value: unknown, checks: IceChecks = CHECKS): CheckedConfiguration {
  return checked(givenConfiguration(value), checks)
}

/** The policies that a connection keeps for good. */
const FIXED_MEMBERS = ['bundlePolicy', 'rtcpMuxPolicy'] as const

/**
 * Checks the argument of `setConfiguration` as this browser does. Throws as {@link checkConfiguration} does,
 * and InvalidModificationError if a member changes that may not. The size of the candidate pool may not
 * change once `gathers` is true.
 */
export function checkModification(
  before: CheckedConfiguration,
  given: GivenConfiguration,
  gathers: boolean,
  checks: IceChecks = CHECKS,
): CheckedConfiguration {
  return checked(given, checks, () => {
    const { posted, certificates } = before
    const same =
      FIXED_MEMBERS.every((member) => posted[member] === given.posted[member]) &&
      (!gathers || posted.iceCandidatePoolSize === given.posted.iceCandidatePoolSize) &&
      certificates.length === given.certificates.length &&
      certificates.every((certificate, index) => certificate === given.certificates[index])
    if (same) return
    const message = "Attempted to modify the PeerConnection's configuration in an unsupported way."
    throw new DOMException(message, 'InvalidModificationError')
  })
}

function checked(
  { posted, certificates, lender, iceServers }: GivenConfiguration,
  checks: IceChecks,
  compare: () => void = () => {},
): CheckedConfiguration {
  const servers = checks.parse(iceServers)
  compare()
  checks.verify(servers)
  if (certificates.length > checks.maxCertificates) {
    throw new DOMException('This browser takes one certificate only.', 'NotSupportedError')
  }
  return { certificates, lender, posted: { ...posted, iceServers: servers } }
}

/** Returns what `getConfiguration` returns: a new object for every call. */
export function configurationOf({ posted, certificates }: CheckedConfiguration): RTCConfiguration {
  return {
    ...posted,
    iceServers: posted.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
    certificates: [...certificates],
  }
}
