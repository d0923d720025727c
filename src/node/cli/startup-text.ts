import type { TcpServiceStatus } from '../../status/index.ts'
import { WEBRTC_PACKAGE } from '../peer/webrtc.ts'

/** What the command says once it runs. */
export interface StartupInit {
  /** URL of the start page. */
  url: string
  /** The ID of the peer, if it is running. */
  peer: string | undefined
  /** Addresses of the circuit relay that browsers are told to use, if this process is one. */
  circuitRelays: readonly string[]
  /** The forwards and tunnels. */
  tcp: readonly TcpServiceStatus[]
  /** Whether the package for WebRTC is installed. */
  webRtcInstalled: boolean
}

/** Returns the lines for standard output. The first one is `Listening on URL`, for programs that read it. */
export function startupText({ url, peer, circuitRelays, tcp, webRtcInstalled }: StartupInit): string {
  const facts: [name: string, value: string][] = [['Chat', new URL('examples/chat.html', url).href]]
  if (peer !== undefined) facts.push(['Peer ID', peer])
  const [address] = circuitRelays
  if (address !== undefined) facts.push(['Circuit relay', address])
  for (const { kind, protocol, endpoint, peer: remote } of tcp) {
    facts.push(
      kind === 'forward'
        ? ['Forward', `${protocol} to ${endpoint}; elsewhere: -tunnel PORT=${peer}${protocol}`]
        : ['Tunnel', `${endpoint} to ${protocol} of ${remote}`],
    )
  }
  if (!webRtcInstalled) facts.push(['WebRTC', `off; run “npm install ${WEBRTC_PACKAGE}” to add it`])
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  return [`Listening on ${url}`, ...lines, 'Press Ctrl+C to stop.', ''].join('\n')
}
