import type { CertificateFacts } from '../messages/messages.ts'

/** The tab that holds a certificate, and its number there. */
export interface CertificateHolder {
  lender: object
  certificate: number
}

const holders = new WeakMap<RTCCertificate, CertificateHolder>()

/**
 * The standard's RTCCertificate, as a handle. The key never leaves the tab that made it, so only that tab can
 * carry connections with it, and it is lost with the tab. Made by `RTCPeerConnection.generateCertificate`.
 */
export class RTCCertificate {
  readonly #facts: CertificateFacts

  constructor(facts: CertificateFacts, holder: CertificateHolder) {
    this.#facts = facts
    holders.set(this, holder)
  }

  /** When the certificate expires, in milliseconds since 1970. */
  get expires(): number {
    return this.#facts.expires
  }

  getFingerprints(): RTCDtlsFingerprint[] {
    return this.#facts.fingerprints.map((fingerprint) => ({ ...fingerprint }))
  }
}

/** Returns the holder of a certificate; undefined if the value isn't one. */
export function holderOf(certificate: unknown): CertificateHolder | undefined {
  return certificate instanceof RTCCertificate ? holders.get(certificate) : undefined
}
