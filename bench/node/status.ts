/** Connections to other peers that the Node build at `origin` says it has. */
export async function connectionsAt(origin: string): Promise<number> {
  const response = await fetch(`${origin}/status.json`)
  const { peer } = (await response.json()) as { peer?: { connections: unknown[] } }
  return peer?.connections.length ?? 0
}
