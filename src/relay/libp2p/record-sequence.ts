import { PeerRecord } from '@libp2p/peer-record'

/*
 * A signed peer record is numbered, and whoever holds one takes no other that is not numbered higher. js-libp2p numbers by the time of
 * day: a clock that is set back, or two changes in one millisecond, and what others are told of this peer's addresses is refused. So
 * each number is higher than the last one of this run.
 */
const marshal: (this: PeerRecord) => Uint8Array = Reflect.get(PeerRecord.prototype, 'marshal')
const numbered = new WeakSet<PeerRecord>()
let last = 0n

/** Called where a record is sealed, and for nothing else. */
PeerRecord.prototype.marshal = function marshalInOrder(this: PeerRecord): Uint8Array {
  if (!numbered.has(this)) {
    if (this.seqNumber <= last) this.seqNumber = last + 1n
    last = this.seqNumber
    numbered.add(this)
  }
  return marshal.call(this)
}
