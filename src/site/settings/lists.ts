/** The entries of a text with one to a line. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

export function textOf(entries: readonly string[]): string {
  return entries.join('\n')
}

/**
 * ICE servers, one to a line: the URL, and behind it the name and the password of a TURN server, with spaces between.
 *
 * Throws an Error in words for the one who typed it. What the URL is worth is for the worker to check.
 */
export function readIceServers(text: string): RTCIceServer[] {
  return linesOf(text).map((line) => {
    const [urls = '', username, credential, ...rest] = line.split(/[\s,]+/u)
    if (rest.length > 0 || (username !== undefined && credential === undefined)) {
      throw new Error(`“${line}” is no ICE server: write its URL, or its URL, a name and a password`)
    }
    return username === undefined || credential === undefined ? { urls } : { urls, username, credential }
  })
}

export function iceServersText(servers: readonly RTCIceServer[]): string {
  return servers
    .flatMap(({ urls, username, credential }) =>
      [urls].flat().map((url) => [url, username, credential].filter((part) => part !== undefined).join(' ')),
    )
    .join('\n')
}
