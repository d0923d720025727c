import { expect, test } from 'vitest'
import type { Pipe } from '../../bench/page/pipe.ts'
import { ServedPipe } from '../../bench/page/workload.ts'

/** A pipe whose other end reads and sends nothing until it ends. */
class SilentPipe implements Pipe {
  end: (why: string) => void = () => undefined

  send(): boolean {
    return false
  }

  drain(): Promise<void> {
    return new Promise(() => undefined)
  }

  receive(): void {
    // Nothing arrives.
  }

  close(): void {
    // Nothing blocks it.
  }

  ended(told: (why: string) => void): void {
    this.end = told
  }
}

test.each(['up', 'down'] as const)(
  'a transfer %s fails with the reason if its pipe ends before or during it',
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

test('round trips fail in the same way', async () => {
  const pipe = new SilentPipe()
  const running = new ServedPipe(pipe).roundTrips(64, 1, 1)
  pipe.end('the link was lost')
  await expect(running).rejects.toThrow('the pipe ended: the link was lost')
})
