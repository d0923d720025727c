import { PeerRecord } from '@libp2p/peer-record'

/*
 * Makes the sequence numbers of signed peer records rise while this process runs.
 *
 * A peer that holds a record accepts only one with a higher number. js-libp2p uses the time of day, so others
 * refuse this peer's new addresses after the clock was set back, or if they change twice in one millisecond.
 */
const marshal: (this: PeerRecord) => Uint8Array = Reflect.get(PeerRecord.prototype, 'marshal')
const numbered = new WeakSet<PeerRecord>()
let last = 0n

// js-libp2p calls `marshal` only when it seals a record.
PeerRecord.prototype.marshal = function marshalInOrder(this: PeerRecord): Uint8Array {
  if (!numbered.has(this)) {
    if (this.seqNumber <= last) this.seqNumber = last + 1n
    last = this.seqNumber
    numbered.add(this)
  }
  return marshal.call(this)
}
