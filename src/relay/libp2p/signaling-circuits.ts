import type { Connection } from '@libp2p/interface'
import { pathOf } from '../connection-status.ts'
import type { TransportFactory } from './transport-factory.ts'
import { withMethod } from './with-method.ts'

/**
 * Makes WebRTC signal over the newest open circuit to the peer, or else over another connection that isn't
 * WebRTC, or else over a new circuit.
 *
 * js-libp2p signals over the first connection to the peer. If one side has lost its WebRTC connection and the
 * other doesn't know yet, that is the dead one: its dials get no answer until the dead one is closed.
 */
export function signalOverCircuits(factory: TransportFactory): TransportFactory {
  return (components) => {
    const { connectionManager } = components
    const getConnections: typeof connectionManager.getConnections = (peer) => {
      const all = connectionManager.getConnections(peer)
      return peer === undefined ? all : all.filter(canSignal).toSorted(byPreference)
    }
    return factory(
      Object.create(components, {
        connectionManager: { value: withMethod(connectionManager, 'getConnections', getConnections) },
      }) as typeof components,
    )
  }
}

function canSignal(connection: Connection): boolean {
  return connection.status === 'open' && pathOf(connection) !== 'webrtc'
}

function byPreference(one: Connection, other: Connection): number {
  const isCircuit = (connection: Connection): number => Number(pathOf(connection) === 'relayed')
  return isCircuit(other) - isCircuit(one) || other.timeline.open - one.timeline.open
}
