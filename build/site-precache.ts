import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { injectManifest } from 'workbox-build'

/** Files of the site that are not kept for offline: what nobody opens, and what is the server's own. */
const NOT_KEPT = [
  '**/*.map',
  '**/*licenses.md',
  'network.json',
  '_headers',
  '**/*.{br,gz}',
  // Written by `npm run dev` after this list, with each build.
  'dev-build.txt',
]
/** Of no file of the site; a larger one would be left out, and the build fails instead. */
const MAX_FILE_BYTES = 4 * 1_048_576

/**
 * Writes the list of the site's files into its service worker, `sw.js`, which keeps them for offline.
 *
 * Each file stands there with the hash of its content: a service worker that is installed while a new build
 * is being put on the server meets files of both, and then fails, rather than keep a mixture.
 *
 * @param directory the built site
 */
export async function injectSiteFiles(directory: string): Promise<void> {
  const sw = join(directory, 'sw.js')
  const { warnings } = await injectManifest({
    swSrc: sw,
    swDest: sw,
    globDirectory: directory,
    globPatterns: ['**/*'],
    globIgnores: NOT_KEPT,
    maximumFileSizeToCacheInBytes: MAX_FILE_BYTES,
    // Vite writes the hash of these into their names.
    dontCacheBustURLsMatching: /^assets\//u,
    manifestTransforms: [
      (entries) => ({
        manifest: entries.map((entry) => ({ ...entry, integrity: integrityOf(join(directory, entry.url)) })),
        warnings: [],
      }),
    ],
  })
  if (warnings.length > 0) throw new Error(warnings.join('\n'))
}

/** As in the attribute `integrity` of HTML. */
function integrityOf(file: string): string {
  return `sha384-${createHash('sha384').update(readFileSync(file)).digest('base64')}`
}
