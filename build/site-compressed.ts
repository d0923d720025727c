import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** What gets smaller; images and fonts are compressed already. */
const TEXTS: ReadonlySet<string> = new Set(['.css', '.html', '.js', '.json', '.svg', '.webmanifest'])
/** Bytes of a file below which a packet holds it anyway. */
const MIN_BYTES = 1400

/**
 * Puts a compressed form of each of the site's texts beside it, `NAME.br` and `NAME.gz`: the command sends
 * them to those who accept them, and so do other servers, told to (nginx by `gzip_static`).
 *
 * @param directory the built site
 */
export async function compressSite(directory: string): Promise<void> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const files = names
    .filter((name) => TEXTS.has(extname(name)))
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).size >= MIN_BYTES)
  await Promise.all(files.map(compress))
}

async function compress(path: string): Promise<void> {
  const content = readFileSync(path)
  const [brotli, zipped] = await Promise.all([
    promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
    promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
  ])
  writeFileSync(`${path}.br`, brotli)
  writeFileSync(`${path}.gz`, zipped)
}
