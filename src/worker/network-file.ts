import type { Log, NetworkConfig } from '../relay/index.ts'
import { EMPTY_NETWORK, parseNetworkConfig } from '../relay/index.ts'

/** Milliseconds for `/network.json`: a start does not wait longer for a server that hangs. */
const FETCH_TIMEOUT_MS = 5_000

/** Reads `/network.json` from beside the worker's script. What is wrong with it is said once, and the rest works. */
export async function fetchNetwork(url: URL, log: Log): Promise<NetworkConfig> {
  try {
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) })
    if (!response.ok) throw new Error(`it answers ${response.status}`)
    const { network, problems } = parseNetworkConfig(await response.json())
    for (const problem of problems) log('warn', `${url.pathname}: ${problem}`)
    return network
  } catch (error) {
    log('warn', `${url.pathname} cannot be used, so no relay is known: ${String(error)}`)
    return { ...EMPTY_NETWORK }
  }
}
