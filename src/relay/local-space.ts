import { isLoopback, isPrivate } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { WebSockets, WebSocketsSecure } from '@multiformats/multiaddr-matcher'
import { multiaddrToUri } from '@multiformats/multiaddr-to-uri'
import type { LocalSpace, ReservationStatus } from '../status/index.ts'

/** Names that are of the machine (RFC 6761), and those of its network (RFC 6762). */
const LOOPBACK_NAME = /(?:^|\.)localhost\.?$/iu
const LOCAL_NAME = /\.local\.?$/iu

/** Where an address is that is not on the internet; undefined for those that are, as far as one sees without asking a resolver. */
export function localSpaceOf(address: Multiaddr): LocalSpace | undefined {
  const [host] = address.getComponents()
  if (host?.name.startsWith('dns') === true) {
    const { value = '' } = host
    if (LOOPBACK_NAME.test(value)) return 'loopback'
    return LOCAL_NAME.test(value) ? 'local' : undefined
  }
  if (isLoopback(address)) return 'loopback'
  return isPrivate(address) ? 'local' : undefined
}

/** The WebSockets among the addresses that are not on the internet. */
export function localWebSockets(addresses: readonly Multiaddr[]): ReservationStatus['local'] {
  return addresses.flatMap((address) => {
    const space = localSpaceOf(address)
    const isWebSocket = WebSockets.matches(address) || WebSocketsSecure.matches(address)
    return space !== undefined && isWebSocket ? [{ space, url: multiaddrToUri(address) }] : []
  })
}
