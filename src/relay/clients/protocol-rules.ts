import { invalidProtocolName } from '../../protocol/index.ts'

/** Prefixes of the protocols that libp2p itself speaks, now or once a transport is added. */
const RESERVED_PREFIXES = ['/ipfs/', '/libp2p/', '/webrtc-signaling/', '/p2p/', '/multistream/', '/lasting/']

/** The only protocol of libp2p that a client may dial: a ping claims nothing in this peer's name. */
const PING_PROTOCOL = '/ipfs/ping/1.0.0'

/** Returns why a client may not listen on a protocol, in words for the page's author; undefined if it may. */
export function refusalOfListen(protocol: string): string | undefined {
  return invalidProtocolName(protocol) ?? refusalOfReserved(protocol)
}

/** Returns why a client may not dial a protocol, in words for the page's author; undefined if it may. */
export function refusalOfDialledProtocol(protocol: string): string | undefined {
  return protocol === PING_PROTOCOL ? undefined : refusalOfListen(protocol)
}

function refusalOfReserved(protocol: string): string | undefined {
  const prefix = RESERVED_PREFIXES.find((reserved) => protocol.startsWith(reserved))
  if (prefix === undefined) return undefined
  return `protocols that begin with ${prefix} belong to libp2p itself: choose another name for ${protocol}`
}
