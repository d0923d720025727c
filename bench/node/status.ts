/** The peers to which the Node build at `origin` is connected, according to its status. */
export async function connectedPeersAt(origin: string): Promise<string[]> {
  const response = await fetch(`${origin}/status.json`)
  const { peer } = (await response.json()) as { peer?: { connections: { peer: string }[] } }
  return peer?.connections.map((connection) => connection.peer) ?? []
}

/** The number of connections to other peers that the Node build at `origin` has, according to its status. */
export async function connectionsAt(origin: string): Promise<number> {
  return (await connectedPeersAt(origin)).length
}
