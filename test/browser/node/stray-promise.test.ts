import { expect, test } from 'vitest'
import { startNodeBuild } from '../../support/node-build.ts'
import { until } from '../../support/until.ts'

/** Makes a promise fail that nobody has caught, at a signal. */
const STRAY = `process.on("SIGUSR2",()=>void Promise.reject(new Error("stray")))`

test('a promise that nobody has caught is reported, and the command goes on serving', async () => {
  const build = await startNodeBuild(undefined, undefined, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(STRAY)}`,
  })
  build.process.kill('SIGUSR2')
  await until('the report', () => build.stderr.length > 0)
  expect(build.stderr).toEqual(['libp2p-websocket: something failed in the background: stray'])
  expect((await fetch(`${build.origin}/status.json`)).status).toBe(200)
  expect(await build.stop()).toBe(0)
})
