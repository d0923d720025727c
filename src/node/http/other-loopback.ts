import { createServer } from 'node:net'

/** Each loopback address, and the one that the name localhost means besides. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['127.0.0.1', '::1'],
  ['0.0.0.0', '::1'],
  ['::1', '127.0.0.1'],
])

/**
 * The loopback address, besides the one that this program listens on, on whose same port another program listens. Browsers try both
 * for `localhost`, IPv6 first, so they show that program's pages there.
 *
 * @param address the IP address that is listened on
 */
export async function takenLoopback(address: string, port: number): Promise<string | undefined> {
  const other = OTHERS.get(address)
  if (other === undefined) return undefined
  const probe = createServer()
  return await new Promise((resolve) => {
    // Without IPv6 there is nobody on it either.
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code === 'EADDRINUSE' ? other : undefined)
    })
    // `::1` alone, whatever the system makes of both families.
    probe.listen({ host: other, port, ipv6Only: true, exclusive: true }, () => {
      probe.close(() => resolve(undefined))
    })
  })
}
