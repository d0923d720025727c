import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { timeoutSignal } from '../../src/relay/timeouts.ts'
import { until } from '../support/until.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Waits with two others for whichever comes first, and keeps only the promise. */
function reasonOfTimeout(stopping: AbortSignal): Promise<unknown> {
  const either = AbortSignal.any([stopping, timeoutSignal(200)])
  return new Promise((resolve) => {
    either.addEventListener('abort', () => resolve(either.reason))
  })
}

test('a timeout fires even if only signals derived from it refer to it and garbage is collected', async () => {
  const stopping = new AbortController()
  let reason: unknown
  void reasonOfTimeout(stopping.signal).then((given) => {
    reason = given
  })
  // Not in the task that created it: until that task ends, the engine may still find it on the stack.
  await new Promise((resolve) => setTimeout(resolve, 0))
  collectGarbage()
  await until('the timeout', () => reason !== undefined, 5_000)
  expect(reason).toMatchObject({ name: 'TimeoutError' })
})

test('a timeout may have a fraction of a millisecond, because a share of time can have one', async () => {
  const signal = timeoutSignal(0.5)
  await until('the timeout', () => signal.aborted)
})
