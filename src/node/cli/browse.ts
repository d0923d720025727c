import open from 'open'
import { oneLine } from '../command-error.ts'

/**
 * Resolves the value of `-browse`: a path on the server at `serverUrl`, or an absolute http(s) URL.
 *
 * @throws TypeError if the URL is invalid or has another scheme
 */
export function browseUrl(page: string, serverUrl: string): URL {
  const url = new URL(page, serverUrl)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`it must be a path or an http(s) URL, not ${url.protocol}`)
  }
  return url
}

/**
 * Opens a page in the user's browser, without waiting for it. A failure, even a late one, only calls `warn`
 * with one line.
 */
export async function browse(page: string, serverUrl: string, warn: (line: string) => void): Promise<void> {
  const failed = (why: string): void => warn(`cannot open ${page} in a browser: ${why}`)
  try {
    const opener = await open(browseUrl(page, serverUrl).href)
    opener.once('exit', (code) => {
      if (code !== null && code !== 0) failed(`the opener exited with code ${code}`)
    })
    if (opener.exitCode !== null && opener.exitCode !== 0) {
      failed(`the opener exited with code ${opener.exitCode}`)
    }
  } catch (error) {
    failed(oneLine(error))
  }
}
