/** The command with the smallest possible relay, for tests of the process: flags, signals and failures. */
import '../../../src/node/polyfill.ts'
import { runCommand } from '../../../src/node/cli/command.ts'
import { echoCore } from './echo-core.ts'

/** Set by a test: what `start` and `stop` of the relay do. */
const behaviour = process.env['RELAY'] ?? ''

process.exit(
  await runCommand({
    argv: process.argv.slice(2),
    version: '1.2.3',
    siteDirectory: process.env['SITE'] ?? '',
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
