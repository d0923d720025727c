import type { Libp2pOptions } from 'libp2p'

/** The type of the factories that js-libp2p's transports export. js-libp2p doesn't export it. */
export type TransportFactory = NonNullable<Libp2pOptions['transports']>[number]
