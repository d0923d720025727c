import { DEFAULT_ADDR, DEFAULT_PORT } from '../http/server-address.ts'
import { DEFAULT_CIRCUIT_RELAY_LIMITS } from '../peer/circuit-relay-limits.ts'

/** The help for one flag. */
export interface FlagHelp {
  /** The flag, with a placeholder for its value. */
  form: string
  /** What it does, and how that differs from the program of 2020. */
  text: string
}

/** Flags that belong together. */
export interface FlagGroup {
  title: string
  flags: readonly FlagHelp[]
}

/** All flags, in the order of the help and of docs/command.md. */
export const FLAG_GROUPS: readonly FlagGroup[] = [
  {
    title: 'The server',
    flags: [
      {
        form: '-addr HOST',
        text: `Address to listen on. The default, ${DEFAULT_ADDR}, accepts connections from this machine only. 0.0.0.0 listens on every interface, as in 2020; other names of this machine must then be allowed with -host.`,
      },
      { form: '-port N', text: `Port to listen on, default ${DEFAULT_PORT}. 0 chooses a free one.` },
      {
        form: '-browse PAGE',
        text: 'Open PAGE in the browser: a path on this server, or an http(s) URL. Default none.',
      },
      {
        form: '-files DIR',
        text: 'Serve the files in DIR at /. Repeatable: earlier directories take precedence over later ones, and all over the built-in site. (In 2020 it replaced the site.)',
      },
      {
        form: '-origin ORIGIN',
        text: 'Allow pages of another origin, given as https://name or http://name:port. They never get the key. Repeatable.',
      },
      {
        form: '-host HOST',
        text: 'Additional host name of this server, given as name (for any port) or name:port. Repeatable.',
      },
    ],
  },
  {
    title: 'The peer',
    flags: [
      { form: '-start', text: 'Start the peer immediately, instead of when a page first asks for it.' },
      {
        form: '-key KEY',
        text: "Identity of the peer: base64 of a private key in libp2p's protobuf format, as Identify returns it. It is not stored. Other users of this machine may see the command line. Without -key, the identity is kept in a file in your configuration directory.",
      },
      {
        form: '-listen MULTIADDR',
        text: 'Address for the peer to listen on: tcp, ws or webrtc-direct. Repeatable.',
      },
      {
        form: '-announce MULTIADDR',
        text: 'Address to announce to peers and pages instead of the ones it listens on. Use it behind a proxy, a router or a DNS name. Repeatable.',
      },
      { form: '-peer MULTIADDR', text: 'Additional bootstrap peer, ending in /p2p/ID. Repeatable.' },
      { form: '-nopeers', text: 'Use no bootstrap peers except those given with -peer.' },
      {
        form: '-fakenatprivate',
        text: 'Assume that other peers cannot dial this one, instead of detecting it. Takes precedence over -fakenatpublic.',
      },
      { form: '-fakenatpublic', text: 'Assume that other peers can dial this one, instead of detecting it.' },
    ],
  },
  {
    title: 'Circuit relay for other peers',
    flags: [
      {
        form: '-relay',
        text: 'Serve as a circuit relay, so that browsers can be reached through this peer.',
      },
      {
        form: '-relaydata BYTES',
        text: `Most bytes that one circuit carries, in both directions together, default ${DEFAULT_CIRCUIT_RELAY_LIMITS.circuitBytes} (1 GiB); 0 means no limit. A limit that you set is announced, and Go programs then refuse ordinary streams on these circuits. The default limit is not announced.`,
      },
      {
        form: '-relayduration TIME',
        text: `Longest time that one circuit stays open, such as 90m or 1h30m, default ${DEFAULT_CIRCUIT_RELAY_LIMITS.circuitMs / 3_600_000}h; 0 means no limit. Announced if you set it, as with -relaydata.`,
      },
      {
        form: '-relaycircuits N',
        text: `Most circuits at once, default ${DEFAULT_CIRCUIT_RELAY_LIMITS.circuits}.`,
      },
      {
        form: '-relayreservations N',
        text: `Most reservations at once, default ${DEFAULT_CIRCUIT_RELAY_LIMITS.reservations}. Each browser that is reached through this peer needs one.`,
      },
      {
        form: '-relayperaddress N',
        text: `Most reservations at once for one IP address (for IPv6, one /64), default ${DEFAULT_CIRCUIT_RELAY_LIMITS.reservationsPerAddress}; 0 means no limit, for a peer behind a proxy.`,
      },
    ],
  },
  {
    title: 'Forward and listen',
    flags: [
      {
        form: '-forward PROTOCOL=HOST:PORT',
        text: 'Pass streams that peers open for PROTOCOL on to a TCP service, such as -forward /x/ssh=127.0.0.1:22. Needs -allow. Repeatable.',
      },
      {
        form: '-allow PEERID',
        text: 'Let this peer use what is forwarded, or everybody with -allow any. Repeatable.',
      },
      {
        form: '-tunnel [HOST:]PORT=TARGET/PROTOCOL',
        text: 'Listen for TCP connections on PORT of this machine, and pass them on to a protocol of a peer. TARGET is a peer ID, or a multiaddr ending in /p2p/ID; a connect string names the protocol itself. HOST is 127.0.0.1 by default. Repeatable.',
      },
      {
        form: '-pipe TARGET PROTOCOL',
        text: 'Join standard input and output with one stream of a peer, instead of serving. Uses the relay on -port if one runs there, and otherwise starts a peer for this stream. The exit code is 0 if both directions ended in order. Write it after all other flags.',
      },
    ],
  },
  {
    title: 'Certificate',
    flags: [
      {
        form: '-autotls',
        text: "Get a certificate from Let's Encrypt for a domain name that libp2p.direct lends to this peer, so that pages served over https can dial it (wss). Needs a public address and, if -listen is given, a -listen address ending in /ws. Both services learn your peer ID and that address.",
      },
      {
        form: '-autotlsca URL',
        text: 'Get the certificate from this ACME server instead, given by its directory URL. For tests, use https://acme-staging-v02.api.letsencrypt.org/directory.',
      },
    ],
  },
  {
    title: 'Other',
    flags: [
      {
        form: '-metrics',
        text: 'Serve metrics of the relay and the process at /metrics, in the Prometheus format.',
      },
      {
        form: '-stoppable',
        text: 'Let the start page offer a button that stops this server, to show that connected browsers go on without it. Only pages of this server that are opened on this machine can use it.',
      },
      { form: '-version', text: 'Print the version.' },
      { form: '-h', text: 'Print this help.' },
    ],
  },
]

/** Set in package.json too. */
const HOMEPAGE = 'https://github.com/OWNER/libp2p-websocket#readme'

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

/** The text of `-h`, ending in a line break. */
export function usage(): string {
  const groups = FLAG_GROUPS.map(
    ({ title, flags }) =>
      `${title}:\n\n${flags.map(({ form, text }) => `  ${form}\n${wrap(text)}`).join('\n')}\n`,
  )
  return `Usage: libp2p-websocket [flags]
       libp2p-websocket copy [-check] DIR

Serves web pages and gives them a libp2p peer, on http://localhost:${DEFAULT_PORT}/.

copy puts the scripts that pages need, and a network.json if there is none, into DIR, where your
application serves static files. With -check it only compares the copies there with this version.

Examples:

  libp2p-websocket -start -relay -browse examples/chat.html
        Pages on this machine, the circuit relay that connects them, and the chat in your browser.
  libp2p-websocket -forward /x/ssh=127.0.0.1:22 -allow PEERID
  libp2p-websocket -tunnel 2222=PEERID/x/ssh
        ssh from one machine to another through whatever is between: ssh -p 2222 localhost.
  libp2p-websocket copy public
        Everything that the pages of your application need, in the directory public.

Write a value after its flag or after an equals sign (-port 0, -port=0). -x and --x are the same.

${groups.join('\n')}
More: ${HOMEPAGE}
`
}
