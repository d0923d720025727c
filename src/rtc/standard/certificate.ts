import type { CertificateFacts } from '../messages/messages.ts'

/** Who holds the certificate behind a handle, and under which number. */
export interface CertificateHolder {
  lender: object
  certificate: number
}

const holders = new WeakMap<RTCCertificate, CertificateHolder>()

/**
 * The standard's RTCCertificate, as a handle: the key never leaves the tab that made it, so only that tab can
 * carry connections with it, and it goes with the tab. Made by `RTCPeerConnection.generateCertificate`.
 */
export class RTCCertificate {
  readonly #facts: CertificateFacts

  constructor(facts: CertificateFacts, holder: CertificateHolder) {
    this.#facts = facts
    holders.set(this, holder)
  }

  /** Milliseconds since 1970 after which the certificate is not taken any more. */
  get expires(): number {
    return this.#facts.expires
  }

  getFingerprints(): RTCDtlsFingerprint[] {
    return this.#facts.fingerprints.map((fingerprint) => ({ ...fingerprint }))
  }
}

/** The holder of a handle; undefined for what is none. */
export function holderOf(certificate: unknown): CertificateHolder | undefined {
  return certificate instanceof RTCCertificate ? holders.get(certificate) : undefined
}
