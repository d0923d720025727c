import open from 'open'
import { oneLine } from '../command-error.ts'

/**
 * The page that `-browse` means: a path on the server at `serverUrl`, or a whole http(s) URL.
 *
 * @throws TypeError it is neither; other schemes are not for a browser to be started with
 */
export function browseUrl(page: string, serverUrl: string): URL {
  const url = new URL(page, serverUrl)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`a page is a path or an http(s) URL, not ${url.protocol}`)
  }
  return url
}

/**
 * Opens a page in the user's browser, without waiting for it. That it fails is no reason to end: `warn` is told in one line,
 * also when the opener finds no browser only later.
 */
export async function browse(page: string, serverUrl: string, warn: (line: string) => void): Promise<void> {
  const failed = (why: string): void => warn(`cannot open ${page} in a browser: ${why}`)
  try {
    const opener = await open(browseUrl(page, serverUrl).href)
    opener.once('exit', (code) => {
      if (code !== null && code !== 0) failed(`the opener ended with code ${code}`)
    })
    if (opener.exitCode !== null && opener.exitCode !== 0) {
      failed(`the opener ended with code ${opener.exitCode}`)
    }
  } catch (error) {
    failed(oneLine(error))
  }
}
