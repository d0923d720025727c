import type { OutputOptions } from 'rolldown'
import { rolldown } from 'rolldown'

/**
 * Bundles one module of the source, with everything it imports, into one classic script for a page or a
 * worker. `alias` replaces modules of these names with others.
 */
export async function bundle(
  entry: string,
  globalName?: string,
  alias: Record<string, string> = {},
  minify = false,
): Promise<string> {
  return await generate(entry, alias, {
    format: 'iife',
    minify,
    ...(globalName === undefined ? {} : { name: globalName }),
  })
}

/** Bundles one module of the source, with everything it imports, into one module with the same exports. */
export async function bundleModule(entry: string): Promise<string> {
  return await generate(entry, {}, { format: 'es' })
}

async function generate(
  entry: string,
  alias: Record<string, string>,
  options: OutputOptions,
): Promise<string> {
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    // As in the build: one copy of noise.
    resolve: { alias: { '@libp2p/noise': '@chainsafe/libp2p-noise', ...alias } },
    transform: { define: { __VERSION__: '"test"', __BUILD__: '"test"' } },
  })
  try {
    const { output } = await build.generate({ codeSplitting: false, ...options })
    return output[0].code
  } finally {
    await build.close()
  }
}
