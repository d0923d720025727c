import { rolldown } from 'rolldown'

/** Bundles one module of the tree, with all that it imports, into one classic script for a page or a worker. */
export async function bundle(entry: string, globalName?: string): Promise<string> {
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    transform: { define: { __VERSION__: '"test"', __BUILD__: '"test"' } },
  })
  try {
    const { output } = await build.generate({
      format: 'iife',
      codeSplitting: false,
      ...(globalName === undefined ? {} : { name: globalName }),
    })
    return output[0].code
  } finally {
    await build.close()
  }
}
