import { expect, test } from 'vitest'
import type { Pipe } from '../../bench/page/pipe.ts'
import { ServedPipe } from '../../bench/page/workload.ts'

/** A pipe whose other end takes nothing and says nothing, until it ends. */
class SilentPipe implements Pipe {
  end: (why: string) => void = () => undefined

  send(): boolean {
    return false
  }

  drain(): Promise<void> {
    return new Promise(() => undefined)
  }

  receive(): void {
    // Nothing comes.
  }

  close(): void {
    // Nothing holds it.
  }

  ended(told: (why: string) => void): void {
    this.end = told
  }
}

test.each(['up', 'down'] as const)(
  'a transfer %s whose pipe ends fails with the reason, before it or meanwhile',
  async (direction) => {
    const pipe = new SilentPipe()
    const served = new ServedPipe(pipe)
    const transfer = { direction, messageBytes: 1024, totalBytes: 10_000 }
    const running = served.transfer(transfer)
    pipe.end('the link was lost')
    await expect(running).rejects.toThrow('the pipe ended: the link was lost')
    await expect(served.transfer(transfer)).rejects.toThrow('the pipe ended: the link was lost')
  },
)

test('so do round trips', async () => {
  const pipe = new SilentPipe()
  const running = new ServedPipe(pipe).roundTrips(64, 1, 1)
  pipe.end('the link was lost')
  await expect(running).rejects.toThrow('the pipe ended: the link was lost')
})
