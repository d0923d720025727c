import { expect, test } from 'vitest'
import { startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

/** Rejects a promise without a handler when it gets a signal. */
const STRAY = `process.on("SIGUSR2",()=>void Promise.reject(new Error("stray")))`

test('an unhandled rejection is reported, and the command keeps running', async () => {
  const build = await startNodeBuild(undefined, undefined, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(STRAY)}`,
  })
  build.process.kill('SIGUSR2')
  await until('the report', () => build.stderr.length > 0)
  expect(build.stderr).toEqual(['libp2p-websocket: something failed in the background: stray'])
  expect((await fetch(`${build.origin}/status.json`)).status).toBe(200)
  expect(await build.stop()).toBe(0)
})
