import type { DhtMode } from './dht.ts'
import type { NetworkConfig } from '../network-config.ts'
import type { ServiceFactory } from '../peer.ts'

/**
 * The services by which a peer finds others by their ID: the DHT, which it enters by the bootstrap peers, and
 * the delegated routing endpoints.
 *
 * The DHT of the public network tells nobody private addresses, and has no server that cannot be reached from
 * everywhere. Neither makes sense in a network of one's own, as one is on a machine, in a household or at a
 * school: where all bootstrap peers are at private addresses, or where there are none, private addresses are
 * told, and whoever would answer where he is reachable answers.
 */
export async function routingServices(
  network: Pick<NetworkConfig, 'bootstrap' | 'delegatedRouting'>,
  mode: DhtMode,
): Promise<Record<string, ServiceFactory>> {
  const services: Record<string, ServiceFactory> = {}
  // A client whom nobody brings in would ask nobody, and a Connect by ID is told so at once.
  if (mode !== 'client' || network.bootstrap.length > 0) {
    const { dhtOf } = await import('./dht.ts')
    services['dht'] = dhtOf(network.bootstrap, mode)
  }
  if (network.delegatedRouting.length > 0) {
    const { delegatedRouting } = await import('./delegated-routing.ts')
    for (const [index, url] of network.delegatedRouting.entries()) {
      services[`delegatedRouting${index}`] = delegatedRouting(url)
    }
  }
  return services
}
