import { rolldown } from 'rolldown'

/**
 * Bundles one module of the tree, with all that it imports, into one classic script for a page or a worker. `alias` puts
 * other modules in the place of those of these names.
 */
export async function bundle(
  entry: string,
  globalName?: string,
  alias: Record<string, string> = {},
  minify = false,
): Promise<string> {
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    // As in the build: one copy of noise.
    resolve: { alias: { '@libp2p/noise': '@chainsafe/libp2p-noise', ...alias } },
    transform: { define: { __VERSION__: '"test"', __BUILD__: '"test"' } },
  })
  try {
    const { output } = await build.generate({
      format: 'iife',
      codeSplitting: false,
      minify,
      ...(globalName === undefined ? {} : { name: globalName }),
    })
    return output[0].code
  } finally {
    await build.close()
  }
}
