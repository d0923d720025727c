import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

/**
 * Bytes of everything in `libp2p-websocket/yjs` without the room and Yjs: minified, and compressed with gzip.
 */
const MAX_BYTES = 3_000

test('the provider stays within its budget', async () => {
  const external = [/\/room\/index\.ts$/u, /^yjs$/u, /^y-protocols\//u]
  const build = await rolldown({ input: 'src/yjs/index.ts', external })
  const { output } = await build.generate({ format: 'es', minify: true })
  expect(gzipSync(output[0].code, { level: 9 }).byteLength).toBeLessThanOrEqual(MAX_BYTES)
})
