import type { Libp2pOptions } from 'libp2p'

/** A factory as js-libp2p's transports export it. What it needs of the peer is its own affair. */
export type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]
