import type { GlobalClass } from '../messages/globals.ts'
import type { CertificateAlgorithm, CertificateFacts } from '../messages/messages.ts'

/** Certificates that one tab keeps or is making for its borrower. */
export const DEFAULT_MAX_CERTIFICATES = 64

/**
 * The certificates that a tab has made for its borrower, by the borrower's numbers. Their keys never leave
 * the tab.
 */
export class LentCertificates {
  /** Undefined while a certificate is being made. */
  readonly #held = new Map<number, RTCCertificate | undefined>()

  /** Whether the number is in use. */
  has(number: number): boolean {
    return this.#held.has(number)
  }

  /** Throws InvalidAccessError if there is no such certificate. */
  get(number: number): RTCCertificate {
    const certificate = this.#held.get(number)
    if (certificate !== undefined) return certificate
    throw new DOMException('this tab does not hold that certificate', 'InvalidAccessError')
  }

  /**
   * Makes a certificate. Rejects with the browser's error for the algorithm, or OperationError if there are
   * too many.
   */
  async make(
    PeerConnection: GlobalClass<'RTCPeerConnection'>,
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

  /** Returns false if there is no certificate with that number. */
  delete(number: number): boolean {
    return this.#held.delete(number)
  }

  clear(): void {
    this.#held.clear()
  }
}
