import type { ConnectString, RelayedRoom } from '../../src/protocol/index.ts'
import { describeError } from '../../src/site/feedback.ts'
import type { PageStatus } from '../shared/page-status.ts'
import type { PeerPage } from '../shared/peer-page.ts'
import { nextPauseMs } from '../shared/redial.ts'
import type { OldRoom } from './old-room.ts'
import { connectToHost } from './relayed-room.ts'
import { FullError } from './star.ts'

const NEW_ROOM = { href: '', text: 'Open a new one' }

/**
 * Joins a room, and again whenever the connection ends. Never returns.
 *
 * @param told called with why this page is outside the room
 */
export async function visit(
  page: PeerPage,
  target: ConnectString | RelayedRoom,
  room: OldRoom,
  told: (status: PageStatus) => void,
): Promise<never> {
  for (let pauseMs = 0; ;) {
    let openedMs: number | undefined
    try {
      const host = await connectToHost(await page.ready(), target)
      openedMs = performance.now()
      page.fail('')
      await room.visit(host).finally(() => host.close())
      told({ sign: 'bad', text: 'The host has closed the room.', link: NEW_ROOM })
    } catch (error) {
      if (error instanceof FullError) {
        told({ sign: 'warn', text: `${describeError(error)} This page tries again until somebody leaves.` })
      } else if (openedMs === undefined) {
        told({ sign: 'bad', text: 'This room no longer exists, or can’t be reached.', link: NEW_ROOM })
        page.fail(error)
      } else told({ sign: 'bad', text: 'The connection was lost. Reconnecting …' })
    }
    pauseMs = nextPauseMs(pauseMs, openedMs === undefined ? 0 : performance.now() - openedMs)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
