import { DEFAULT_ADDR, DEFAULT_PORT } from '../http/server-address.ts'
import { DEFAULT_RELAY_LIMITS } from '../peer/relay-limits.ts'

/** One flag as the help shows it. */
export interface FlagHelp {
  /** The flag, and what stands for its value. */
  form: string
  /** What it does; where it differs from 2020's program, how. */
  text: string
}

/** Every flag, as the help and the README list them. */
export const FLAGS: readonly FlagHelp[] = [
  {
    form: '-addr HOST',
    text: `Address to listen on, default ${DEFAULT_ADDR}: this machine only. 0.0.0.0 is every interface (2020's default); other names than this machine's own must then be let in by -host.`,
  },
  { form: '-port N', text: `Port to listen on, default ${DEFAULT_PORT}; 0 takes a free one.` },
  {
    form: '-browse PAGE',
    text: 'Open PAGE in the browser: a path on this server, or an http(s) URL. Default: none.',
  },
  {
    form: '-files DIR',
    text: 'Serve the files of DIR from /. Repeated, earlier directories cover later ones; all cover the built-in site, which stays below. (2020: replaced it.)',
  },
  {
    form: '-key KEY',
    text: 'Identity of the peer: base64 of the libp2p protobuf of a private key, as Identify gives it. It is not stored. Others on this machine may see a command line; without -key the identity is kept in a file of your configuration directory.',
  },
  {
    form: '-listen MULTIADDR',
    text: 'Add an address for the peer to listen on: tcp, ws or webrtc-direct. Repeatable.',
  },
  {
    form: '-announce MULTIADDR',
    text: 'Tell others, and the pages, this address of the peer instead of those it listens on: behind a proxy, a router or a name. Repeatable.',
  },
  {
    form: '-nopeers',
    text: 'No bootstrap peers but those of -peer.',
  },
  {
    form: '-peer MULTIADDR',
    text: 'Add a bootstrap peer, with its /p2p/ID at the end. Repeatable.',
  },
  {
    form: '-fakenatprivate',
    text: 'Take it that other peers cannot dial this one, instead of finding out. Holds over -fakenatpublic.',
  },
  { form: '-fakenatpublic', text: 'Take it that other peers can dial this one.' },
  { form: '-start', text: "Run the peer at once, rather than at the first page's Start." },
  { form: '-relay', text: 'Serve circuit relay, so that browsers can be reached through this peer.' },
  {
    form: '-relaydata BYTES',
    text: `Bytes that one circuit may carry, in both directions together, default ${DEFAULT_RELAY_LIMITS.circuitBytes} (1 GiB); 0 is any number. A limit that you set is announced, and Go programs then refuse ordinary streams on these circuits; the default is not.`,
  },
  {
    form: '-relayduration TIME',
    text: `Time that one circuit may stand, like 90m or 1h30m, default ${DEFAULT_RELAY_LIMITS.circuitMs / 3_600_000}h; 0 is any time. Announced if you set it, as with -relaydata.`,
  },
  {
    form: '-relaycircuits N',
    text: `Circuits at once, default ${DEFAULT_RELAY_LIMITS.circuits}.`,
  },
  {
    form: '-relayreservations N',
    text: `Reservations at once: as many browsers can be reached through this peer. Default ${DEFAULT_RELAY_LIMITS.reservations}.`,
  },
  {
    form: '-relayperaddress N',
    text: `Reservations at once from one IP address (of IPv6: one /64), default ${DEFAULT_RELAY_LIMITS.reservationsPerAddress}; 0 is any number, for a peer behind a proxy.`,
  },
  {
    form: '-autotls',
    text: "Get a certificate from Let's Encrypt for a name that libp2p.direct lends to this peer, so that pages on https can dial it (wss). It needs a public address, and -listen with /ws if -listen is given. Tells both your peer ID and that address.",
  },
  {
    form: '-autotlsca URL',
    text: 'Ask this ACME server for the certificate, by its directory: https://acme-staging-v02.api.letsencrypt.org/directory is for trials.',
  },
  {
    form: '-metrics',
    text: 'Offer the state of relay and process for Prometheus at /metrics, to those who are let in.',
  },
  {
    form: '-origin ORIGIN',
    text: 'Let in the pages of another origin, as https://name or http://name:port. They never get the key. Repeatable.',
  },
  {
    form: '-host HOST',
    text: 'Another name this server is reached by, as name or name:port; any port without one. Repeatable.',
  },
  { form: '-version', text: 'Print the version.' },
  { form: '-h', text: 'Print this.' },
]

const INDENT = '        '
const WIDTH = 96

function wrap(text: string): string {
  const lines: string[] = []
  let line = INDENT
  for (const word of text.split(' ')) {
    if (line.length + word.length > WIDTH && line !== INDENT) {
      lines.push(line.trimEnd())
      line = INDENT
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()].join('\n')
}

/** The help, with a line break at its end. */
export function usage(): string {
  const flags = FLAGS.map(({ form, text }) => `  ${form}\n${wrap(text)}`).join('\n')
  return `Usage: libp2p-websocket [flags]

Serves pages, and a libp2p peer to them, on http://${DEFAULT_ADDR}:${DEFAULT_PORT}/. A value follows its flag or an
equals sign (-port 0, -port=0); -x and --x are the same.

${flags}
`
}
