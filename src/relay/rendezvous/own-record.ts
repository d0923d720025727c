import type { Peer } from '../peer.ts'

/** This peer's signed record as it is registered: a newer one has a higher number. */
export interface SealedRecord {
  bytes: Uint8Array
  number: number
}

/**
 * The record that this peer registers under one namespace. A new one is made when the peer's addresses
 * have changed, so others can tell a changed registration from a renewed one.
 */
export class OwnRecord {
  readonly #peer: Peer
  #addresses = ''
  #number = 0
  #sealed: Promise<SealedRecord> | undefined

  constructor(peer: Peer) {
    this.#peer = peer
  }

  /** Returns the record. Undefined while this peer has no address, so that nobody could dial it. */
  async current(): Promise<SealedRecord | undefined> {
    const addresses = this.#peer.addresses.join()
    if (addresses === '') return undefined
    if (this.#sealed === undefined || addresses !== this.#addresses) {
      this.#addresses = addresses
      const number = (this.#number += 1)
      this.#sealed = this.#peer.sealRecord().then((bytes) => ({ bytes, number }))
    }
    return await this.#sealed
  }
}
