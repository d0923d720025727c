import type { Connection, Libp2p } from '@libp2p/interface'
import { LASTING_PROTOCOL } from '../../lasting/index.ts'
import type { CoreServices } from '../peer-init.ts'

/** The protocol of their signalling, by which peers say that they make WebRTC connections. */
export const WEBRTC_SIGNALING = '/webrtc-signaling/0.0.1'
const IDENTIFY = '/ipfs/id/1.0.0'

/** What the other side of a link can do, as it says by identify. */
export interface Abilities {
  /** It makes WebRTC connections. */
  webRtc: boolean
  /** It knows lasting streams. */
  lasting: boolean
}

/** Learns by identify what the peers at the other ends of links can do. */
export class PeerAbilities {
  readonly #libp2p: Libp2p<CoreServices>
  readonly #said = new WeakMap<Connection, Abilities>()

  constructor(libp2p: Libp2p<CoreServices>) {
    this.#libp2p = libp2p
    libp2p.addEventListener('peer:identify', ({ detail: { connection, protocols } }) => {
      this.#said.set(connection, abilitiesIn(protocols))
    })
  }

  /** Returns what the other side has said, on this link or an earlier one; undefined if it hasn't. */
  async known(link: Connection): Promise<Abilities | undefined> {
    const said = this.#said.get(link)
    if (said !== undefined) return said
    const { peerStore } = this.#libp2p
    if (!(await peerStore.has(link.remotePeer))) return undefined
    const { protocols } = await peerStore.get(link.remotePeer)
    // Without the protocols of identify, the store knows only those that were negotiated.
    return protocols.includes(IDENTIFY) ? abilitiesIn(protocols) : undefined
  }

  /**
   * Returns what the other side says. Waits for the identify that js-libp2p runs on each new connection or,
   * if that is over, runs one more. Resolves to undefined if `signal` is aborted, or if it can't be learned.
   */
  async learn(link: Connection, signal: AbortSignal): Promise<Abilities | undefined> {
    const known = await this.known(link)
    if (known !== undefined) return known
    const waiting = new AbortController()
    const said = new Promise<Abilities | undefined>((resolve) => {
      const heard = (): void => {
        const abilities = this.#said.get(link)
        if (abilities !== undefined) resolve(abilities)
      }
      const nothing = (): void => resolve(undefined)
      const until = { signal: waiting.signal }
      this.#libp2p.addEventListener('peer:identify', heard, until)
      link.addEventListener('close', nothing, until)
      signal.addEventListener('abort', nothing, until)
      // A connection carries one identify stream at a time. A stream that has no protocol yet may be that
      // one.
      const isRunning = link.streams.some(
        ({ direction, protocol }) => direction === 'outbound' && (protocol === '' || protocol === IDENTIFY),
      )
      if (isRunning) return
      const options = { signal: AbortSignal.any([signal, waiting.signal]), runOnLimitedConnection: true }
      this.#libp2p.services.identify.identify(link, options).then(heard, nothing)
    })
    try {
      return await said
    } finally {
      waiting.abort()
    }
  }
}

function abilitiesIn(protocols: readonly string[]): Abilities {
  return {
    webRtc: protocols.includes(WEBRTC_SIGNALING),
    lasting: protocols.includes(LASTING_PROTOCOL),
  }
}
