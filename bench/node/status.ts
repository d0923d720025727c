/** The peers at the far end of the connections that the Node build at `origin` says it has. */
export async function connectedPeersAt(origin: string): Promise<string[]> {
  const response = await fetch(`${origin}/status.json`)
  const { peer } = (await response.json()) as { peer?: { connections: { peer: string }[] } }
  return peer?.connections.map((connection) => connection.peer) ?? []
}

/** Connections to other peers that the Node build at `origin` says it has. */
export async function connectionsAt(origin: string): Promise<number> {
  return (await connectedPeersAt(origin)).length
}
