import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { timeoutSignal } from '../../src/relay/timeouts.ts'
import { until } from '../support/until.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Waits with two others for what comes first, and lets go of all but the promise. */
function patienceOver(stopping: AbortSignal): Promise<unknown> {
  const either = AbortSignal.any([stopping, timeoutSignal(200)])
  return new Promise((resolve) => {
    either.addEventListener('abort', () => resolve(either.reason))
  })
}

test('a timeout comes although nobody but a signal made of it and others knows of it, and garbage is collected', async () => {
  const stopping = new AbortController()
  let reason: unknown
  void patienceOver(stopping.signal).then((given) => {
    reason = given
  })
  // Not in the task that has made it: until its end the machine may still see it on the stack.
  await new Promise((resolve) => setTimeout(resolve, 0))
  collectGarbage()
  await until('the timeout', () => reason !== undefined, 5_000)
  expect(reason).toMatchObject({ name: 'TimeoutError' })
})

test('a timeout may have a fraction of a millisecond, as a share of time has', async () => {
  const signal = timeoutSignal(0.5)
  await until('the timeout', () => signal.aborted)
})
