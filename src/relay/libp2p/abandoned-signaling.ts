import type { MultiaddrConnection, Stream, StreamHandler, Upgrader } from '@libp2p/interface'
import { raceSignal } from '../timeouts.ts'
import type { TransportFactory } from './transport-factory.ts'
import { withMethod } from './with-method.ts'

/** The multiaddr connection of a WebRTC connection. js-libp2p keeps its RTCPeerConnection private. */
interface OverWebRtc {
  readonly peerConnection: EventTarget & { readonly connectionState: RTCPeerConnectionState }
}

/**
 * Gives up an incoming WebRTC connection when the peer that began it gives it up, which it tells by resetting
 * the stream for the signaling.
 *
 * js-libp2p takes every end of the signaling for success. It would announce a connection on which nothing
 * ever arrives, and streams would move to it.
 */
export function dropAbandonedConnections(factory: TransportFactory): TransportFactory {
  return (components) => {
    const { registrar, upgrader } = components
    const signalings = new WeakMap<AbortSignal, Stream>()
    /** The stream whose handler is running. js-libp2p creates the signal for its connection in there. */
    let handled: Stream | undefined
    const handle: typeof registrar.handle = async (protocol, handler, options) => {
      const noting: StreamHandler = (stream, connection) => {
        handled = stream
        try {
          return handler(stream, connection)
        } finally {
          handled = undefined
        }
      }
      await registrar.handle(protocol, noting, options)
    }
    const createInboundAbortSignal: Upgrader['createInboundAbortSignal'] = (signal) => {
      const created = upgrader.createInboundAbortSignal(signal)
      if (handled !== undefined) signalings.set(created, handled)
      return created
    }
    const upgradeInbound: Upgrader['upgradeInbound'] = async (maConn, options) => {
      const signaling = signalings.get(options.signal)
      if (signaling !== undefined) {
        abortWith(signaling, maConn)
        await connected(maConn, options.signal)
      }
      await upgrader.upgradeInbound(maConn, options)
    }
    return factory(
      Object.create(components, {
        registrar: { value: withMethod(registrar, 'handle', handle) },
        upgrader: {
          value: withMethod(
            withMethod(upgrader, 'createInboundAbortSignal', createInboundAbortSignal),
            'upgradeInbound',
            upgradeInbound,
          ),
        },
      }) as typeof components,
    )
  }
}

/** Aborts the connection when its signaling is reset, or has been. */
function abortWith(signaling: Stream, maConn: MultiaddrConnection): void {
  const abortIfReset = (): void => {
    if (signaling.status === 'reset')
      maConn.abort(new Error('the other side has given up this WebRTC connection'))
  }
  abortIfReset()
  signaling.addEventListener('close', abortIfReset, { once: true })
}

/**
 * Waits for WebRTC: the signaling may end first. Rejects if the connection ends, or with the signal's reason.
 */
async function connected(maConn: MultiaddrConnection, signal: AbortSignal): Promise<void> {
  if (!isOverWebRtc(maConn)) throw new Error('js-libp2p has changed: a connection has no peerConnection')
  const { peerConnection } = maConn
  const settled = Promise.withResolvers<void>()
  const check = (): void => {
    if (maConn.status !== 'open') settled.reject(new Error('the WebRTC connection was not made'))
    else if (peerConnection.connectionState === 'connected') settled.resolve()
  }
  maConn.addEventListener('close', check)
  peerConnection.addEventListener('connectionstatechange', check)
  try {
    check()
    await raceSignal(settled.promise, signal)
  } finally {
    maConn.removeEventListener('close', check)
    peerConnection.removeEventListener('connectionstatechange', check)
  }
}

function isOverWebRtc(maConn: object): maConn is OverWebRtc {
  return 'peerConnection' in maConn && maConn.peerConnection instanceof EventTarget
}
