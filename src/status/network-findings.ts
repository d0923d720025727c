import type { Finding, FindingId } from './diagnosis.ts'
import type { NetworkStatus, RelayStatus } from './status.ts'
import { listed } from './words.ts'

/** Problems of the file that are told. */
const MAX_TOLD = 3

const KEEP = 'The rest of it is used.'

/** What is to be said of `/network.json`. */
export function networkFindings({ network }: RelayStatus): Finding[] {
  switch (network.state) {
    case 'unread':
    case 'good':
      return []
    case 'kept':
      return [
        found(
          'network-kept',
          `The server does not give /network.json at present: ${toldOf(network)}. The last one that it gave is used.`,
          {
            action: 'If the server asks for a login, open network.json in a tab and log in. Otherwise wait.',
          },
        ),
      ]
    case 'missing':
      return [
        found('network-missing', 'This site has no /network.json, which would name relays and peers.', {
          action:
            'Whoever runs the site should put one there; until then, name relays and peers in the settings.',
        }),
      ]
    case 'unreachable':
      return [
        found(
          'network-unreachable',
          `/network.json, which names relays and peers, could not be read: ${toldOf(network)}.`,
          { action: 'See whether the site can be reached at all; it is read again when relays fail.' },
        ),
      ]
    case 'not-json':
      return [
        found('network-not-json', `/network.json names nobody, as it cannot be read: ${toldOf(network)}.`, {
          action:
            'Whoever runs the site should correct it; until then, name relays and peers in the settings.',
        }),
      ]
    case 'flawed':
      return [
        found('network-flawed', `Part of /network.json cannot be used: ${toldOf(network)}. ${KEEP}`, {
          action: 'Whoever runs the site should correct what is named.',
        }),
      ]
    default:
      return network.state satisfies never
  }
}

function found(id: FindingId, text: string, { action }: { action: string }): Finding {
  return { id, severity: 'warning', text, action }
}

function toldOf({ problems }: NetworkStatus): string {
  const more = problems.length - MAX_TOLD
  return listed([...problems.slice(0, MAX_TOLD), ...(more > 0 ? [`${more} more`] : [])])
}
