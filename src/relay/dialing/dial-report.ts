import type { Multiaddr } from '@multiformats/multiaddr'
import { kindOf } from '../addresses/address-kind.ts'
import type { FailedAttempt } from './dial-error.ts'
import { DialError, describeAttempts } from './dial-error.ts'

/** Collects the failed attempts of a Connect for its error message. */
export class DialReport {
  readonly #failed: FailedAttempt[] = []
  /** The kind of each address that no transport of this peer can dial. */
  readonly #unusable = new Map<string, string>()

  /** Adds an address that failed, or that may not be dialled. */
  addFailed(address: Multiaddr, reason: string): void {
    this.#failed.push({ address: address.toString(), reason })
  }

  /** Adds addresses that can't be read. */
  addUnreadable(attempts: readonly FailedAttempt[]): void {
    this.#failed.push(...attempts)
  }

  /** Adds an address that no transport of this peer can dial. */
  addUnusable(address: Multiaddr): void {
    this.#unusable.set(address.toString(), kindOf(address))
  }

  /** The failed attempts in words. Undefined if there was none. */
  get attempts(): string | undefined {
    return this.#failed.length === 0 ? undefined : describeAttempts(this.#failed)
  }

  /**
   * Returns the error for a Connect that has tried everything. `relay` is the circuit relay that the Connect
   * names; `dialsWebRtc` says whether this peer can dial WebRTC addresses, so that the message asks for
   * usable ones.
   */
  error(peer: string, relay: string, dialsWebRtc: boolean): DialError {
    const parts = [this.attempts, this.#describeUnusable(peer, dialsWebRtc)].filter(
      (part) => part !== undefined,
    )
    if (parts.length > 0) return new DialError(parts.join('; '))
    return new DialError(
      relay === ''
        ? `no address is known for ${peer}: ask for its connect string`
        : `no circuit relay is known through which ${peer} can be reached`,
    )
  }

  #describeUnusable(peer: string, dialsWebRtc: boolean): string | undefined {
    const count = this.#unusable.size
    if (count === 0) return undefined
    const kinds = [...new Set(this.#unusable.values())].join(', ')
    const other = this.#failed.length > 0 ? 'other ' : ''
    const which = count === 1 ? `one ${other}address` : `${count} ${other}addresses`
    const wanted = dialsWebRtc ? 'WebSocket, WebRTC or circuit relay' : 'WebSocket or circuit relay'
    return `${which} of ${peer} cannot be used here (${kinds}): ask for a ${wanted} address`
  }
}
