import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

/** Bytes of everything in `libp2p-websocket/room` without the client: minified, and compressed with gzip. */
const MAX_BYTES = 11_500

test('the room stays within its budget', async () => {
  const build = await rolldown({ input: 'src/room/index.ts', external: [/\/client\/index\.ts$/u] })
  const { output } = await build.generate({ format: 'es', minify: true })
  expect(gzipSync(output[0].code, { level: 9 }).byteLength).toBeLessThanOrEqual(MAX_BYTES)
})
