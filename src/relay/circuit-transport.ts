import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { PeerData, PeerStore } from '@libp2p/interface'
import type { TransportFactory } from './peer.ts'

/** Milliseconds that a relay's connection is marked to be kept, whatever the relay says: until it is renewed, and long after. */
const MIN_KEPT_MS = 600_000
const MAX_KEPT_MS = 86_400_000

/**
 * js-libp2p's transport for circuits, on which a relay may say what it likes of the end of a reservation.
 *
 * js-libp2p marks the relay's connection for as long as the reservation has left by this machine's clock. Where that clock is
 * ahead of the relay's it has nothing left, the mark is none, and the reservation, which the relay holds, is dropped.
 */
export function circuitTransport(init: Parameters<typeof circuitRelayTransport>[0]): TransportFactory {
  const make = circuitRelayTransport(init)
  return (components) => {
    const { peerStore } = components
    return make(
      Object.create(components, { peerStore: { value: withBoundedTags(peerStore) } }) as typeof components,
    )
  }
}

function withBoundedTags(peerStore: PeerStore): PeerStore {
  const merge: PeerStore['merge'] = (peer, data, options) =>
    peerStore.merge(peer, withBoundedTtl(data), options)
  return new Proxy(peerStore, {
    get(target, name) {
      if (name === 'merge') return merge
      const member: unknown = Reflect.get(target, name)
      // Its methods use private members, which a proxy has none of.
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  })
}

function withBoundedTtl(data: PeerData): PeerData {
  if (data.tags === undefined || data.tags instanceof Map) return data
  const tags = Object.entries(data.tags).map(([name, tag]) => {
    if (tag?.ttl === undefined) return [name, tag] as const
    return [name, { ...tag, ttl: Math.round(Math.min(MAX_KEPT_MS, Math.max(MIN_KEPT_MS, tag.ttl))) }] as const
  })
  return { ...data, tags: Object.fromEntries(tags) }
}
