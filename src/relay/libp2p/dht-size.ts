/**
 * Returns how many peers are in the routing table of the DHT. js-libp2p's interface does not tell.
 *
 * @throws Error if kad-dht no longer has the field
 */
export function dhtSizeOf(dht: object): number {
  const table: unknown = 'routingTable' in dht ? dht.routingTable : undefined
  const size: unknown =
    typeof table === 'object' && table !== null && 'size' in table ? table.size : undefined
  if (typeof size !== 'number') throw new Error('@libp2p/kad-dht has changed: it has no routing table')
  return size
}
