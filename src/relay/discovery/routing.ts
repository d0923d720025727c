import type { DhtMode } from './dht.ts'
import type { NetworkConfig } from '../network-config.ts'
import type { ServiceFactory } from '../peer-init.ts'

/**
 * Returns the services that find other peers by their IDs: the DHT, which needs bootstrap peers, and the
 * delegated routing endpoints.
 *
 * In the public network, the DHT announces no private addresses, and only publicly reachable peers answer
 * queries. In a private network, such as that of a machine, a household or a school, neither makes sense. If
 * all bootstrap peers have private addresses, or there are none, private addresses are announced, and a peer
 * with the mode `where-reachable` always answers.
 */
export async function routingServices(
  network: Pick<NetworkConfig, 'bootstrap' | 'delegatedRouting'>,
  mode: DhtMode,
): Promise<Record<string, ServiceFactory>> {
  const services: Record<string, ServiceFactory> = {}
  // Without bootstrap peers, a client could ask nobody. Without the DHT, a Connect by ID fails immediately
  // and says why.
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
