import type { CertificateAlgorithm, CertificateFacts } from '../messages/messages.ts'

/** Certificates that one tab keeps for its borrower, or is making. */
export const DEFAULT_MAX_CERTIFICATES = 64

/**
 * The certificates that a tab has made for its borrower, by the borrower's numbers; their keys never leave
 * the tab.
 */
export class LentCertificates {
  /** Undefined while a certificate is being made. */
  readonly #held = new Map<number, RTCCertificate | undefined>()

  /** Whether the number is in use. */
  has(number: number): boolean {
    return this.#held.has(number)
  }

  /** Throws InvalidAccessError for a certificate that is not there. */
  get(number: number): RTCCertificate {
    const certificate = this.#held.get(number)
    if (certificate !== undefined) return certificate
    throw new DOMException('this tab does not hold that certificate', 'InvalidAccessError')
  }

  /** Rejects with the browser's error for the algorithm, or OperationError when too many are held. */
  async make(
    PeerConnection: typeof RTCPeerConnection,
    number: number,
    algorithm: CertificateAlgorithm,
  ): Promise<CertificateFacts> {
    if (this.#held.size >= DEFAULT_MAX_CERTIFICATES) {
      throw new DOMException(
        `this tab keeps ${DEFAULT_MAX_CERTIFICATES} certificates already`,
        'OperationError',
      )
    }
    this.#held.set(number, undefined)
    try {
      const made = await PeerConnection.generateCertificate(algorithm)
      this.#held.set(number, made)
      const fingerprints = made
        .getFingerprints()
        .map(({ algorithm: name = '', value = '' }) => ({ algorithm: name, value }))
      return { expires: made.expires, fingerprints }
    } catch (error) {
      this.#held.delete(number)
      throw error
    }
  }

  /** False if there is none of that number. */
  delete(number: number): boolean {
    return this.#held.delete(number)
  }

  clear(): void {
    this.#held.clear()
  }
}
