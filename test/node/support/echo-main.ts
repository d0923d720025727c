/** The command with the smallest possible relay, for tests of the process: flags, signals and failures. */
import '../../../src/node/polyfill.ts'
import { runCommand } from '../../../src/node/cli/command.ts'
import { echoCore } from './echo-core.ts'

const COUNTS = { open: 0, accepted: 0, failed: 0, inBytes: 0, outBytes: 0 }
const FORWARD = { kind: 'forward', protocol: '/x/ssh', endpoint: '127.0.0.1:22', ...COUNTS } as const
const TUNNEL = {
  kind: 'tunnel',
  protocol: '/x/db',
  endpoint: '127.0.0.1:5432',
  peer: 'another peer',
  ...COUNTS,
} as const

/** Set by a test: what `start` and `stop` of the relay do. */
const behaviour = process.env['RELAY'] ?? ''

process.exit(
  await runCommand({
    argv: process.argv.slice(2),
    version: '1.2.3',
    siteDirectory: process.env['SITE'] ?? '',
    streams: { input: process.stdin, output: process.stdout },
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    createRelay: (init) => {
      let starts = 0
      return Promise.resolve({
        ...echoCore(),
        status: () => ({ starts, init }),
        describe: () => ({
          peer: starts > 0 ? 'a peer' : undefined,
          circuitRelays: init.circuitRelay ? ['a circuit relay'] : [],
          webRtcInstalled: true,
          tcp: init.forwarding === undefined ? [] : [FORWARD, TUNNEL],
        }),
        start: async () => {
          starts += 1
          if (behaviour === 'fail') throw new Error('the peer cannot run\nfor some reason')
          if (behaviour === 'hang') {
            process.stdout.write('starting\n')
            await new Promise(() => undefined)
          }
          await init.keyStore.load()
        },
        stop: async () => {
          process.stdout.write('stopping\n')
          if (behaviour === 'never-stop') await new Promise(() => undefined)
          if (behaviour === 'fail-stop') throw new Error('it would not stop')
        },
      })
    },
  }),
)
