import type { Finding, FindingId } from './diagnosis.ts'
import type { NetworkStatus, RelayStatus } from './status.ts'
import { listed } from './finding-words.ts'

/** Most problems of the file that are listed. */
const MAX_PROBLEMS = 3

/** Returns the findings about `/network.json`. */
export function networkFindings({ network }: RelayStatus): Finding[] {
  switch (network.state) {
    case 'unread':
    case 'good':
      return []
    case 'kept':
      return [
        found(
          'network-kept',
          `The server is not returning /network.json: ${problemsOf(network)}. The last version that it returned is used instead.`,
          {
            action: 'If the server asks for a login, open network.json in a tab and log in. Otherwise, wait.',
          },
        ),
      ]
    case 'missing':
      return [
        found(
          'network-missing',
          'This site has no /network.json, which would list circuit relays and peers.',
          {
            action:
              'Whoever runs the site should add one. Until then, add circuit relays and peers in the settings.',
          },
        ),
      ]
    case 'unreachable':
      return [
        found(
          'network-unreachable',
          `/network.json, which lists circuit relays and peers, could not be read: ${problemsOf(network)}.`,
          {
            action: 'Check whether the site can be reached. The file is read again when circuit relays fail.',
          },
        ),
      ]
    case 'not-json':
      return [
        found(
          'network-not-json',
          `/network.json is invalid, so it provides no circuit relays or peers: ${problemsOf(network)}.`,
          {
            action:
              'Whoever runs the site should fix it. Until then, add circuit relays and peers in the settings.',
          },
        ),
      ]
    case 'flawed':
      return [
        found(
          'network-flawed',
          `Part of /network.json is invalid: ${problemsOf(network)}. The rest is used.`,
          {
            action: 'Whoever runs the site should fix these entries.',
          },
        ),
      ]
    default:
      return network.state satisfies never
  }
}

function found(id: FindingId, text: string, { action }: { action: string }): Finding {
  return { id, severity: 'warning', text, action }
}

function problemsOf({ problems }: NetworkStatus): string {
  const more = problems.length - MAX_PROBLEMS
  return listed([...problems.slice(0, MAX_PROBLEMS), ...(more > 0 ? [`${more} more`] : [])])
}
