import type { Client } from '../../src/client/index.ts'
import type { PeerPage } from '../shared/peer-page.ts'
import type { OldRoom } from './old-room.ts'

/** Milliseconds between two refreshes of a host's addresses. */
const REFRESH_MS = 10_000

/** Accepts guests in a room, again after every reconnection to the peer. Never returns. */
export async function host(page: PeerPage, protocol: string, room: OldRoom): Promise<never> {
  for (;;) {
    const client = await page.ready()
    // A relay of 2020 reports new addresses only on request.
    const refreshing = setInterval(() => refresh(client), REFRESH_MS)
    try {
      for await (const guest of await client.listen(protocol)) {
        room.admit(guest).catch((error: unknown) => {
          console.debug('a guest has left:', error)
          guest.close()
        })
      }
    } catch (error) {
      console.debug('the listener has ended:', error)
    }
    await client.closed
    clearInterval(refreshing)
  }
}

function refresh(client: Client): void {
  client.refresh().catch((error: unknown) => console.debug('the addresses may be outdated:', error))
}
