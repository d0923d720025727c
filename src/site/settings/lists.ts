/** Splits a text into its lines, without surrounding spaces and empty lines. */
export function splitLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

export function joinLines(entries: readonly string[]): string {
  return entries.join('\n')
}

/**
 * Parses ICE servers, one per line: the URL, and for a TURN server also the user name and password, separated
 * by spaces.
 *
 * Throws an Error for the user if a line has other parts. The worker checks the URLs.
 */
export function parseIceServers(text: string): RTCIceServer[] {
  return splitLines(text).map((line) => {
    const [urls = '', username, credential, ...rest] = line.split(/[\s,]+/u)
    if (rest.length > 0 || (username !== undefined && credential === undefined)) {
      throw new Error(`“${line}” is not a valid ICE server: enter a URL, or a URL, user name and password`)
    }
    return username === undefined || credential === undefined ? { urls } : { urls, username, credential }
  })
}

/** The reverse of {@link parseIceServers}. A server with several URLs becomes several lines. */
export function formatIceServers(servers: readonly RTCIceServer[]): string {
  return servers
    .flatMap(({ urls, username, credential }) =>
      [urls].flat().map((url) => [url, username, credential].filter((part) => part !== undefined).join(' ')),
    )
    .join('\n')
}
