/** Returns whether a URL's host name always means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127(?:\.\d+){3}$|^\[::1\]$/u.test(hostname)
  )
}
