import { createServer } from 'node:net'

/**
 * For each address that accepts loopback connections, the other loopback address that localhost resolves to.
 */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['127.0.0.1', '::1'],
  ['0.0.0.0', '::1'],
  ['::1', '127.0.0.1'],
])

/**
 * Returns the other loopback address if another program listens on the same port there. For `localhost`,
 * browsers try both addresses, IPv6 first, and would show that program's pages.
 *
 * @param address the IP address that this program listens on
 */
export async function takenLoopback(address: string, port: number): Promise<string | undefined> {
  const other = OTHERS.get(address)
  if (other === undefined) return undefined
  const probe = createServer()
  return await new Promise((resolve) => {
    // EADDRNOTAVAIL, for example, means that there is no IPv6.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'EADDRINUSE' ? other : undefined)
    })
    // Probe IPv6 only, even on systems where an IPv6 socket accepts IPv4 too.
    probe.listen({ host: other, port, ipv6Only: true, exclusive: true }, () => {
      probe.close(() => resolve(undefined))
    })
  })
}
