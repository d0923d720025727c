import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { WebSockets } from '@multiformats/multiaddr-matcher'
import { parseKey } from '../../relay/identity.ts'
import { readPeerAddress } from '../../relay/addresses/read-address.ts'
import { readAnnounced, readListened } from '../peer/announce.ts'
import { browse } from './browse.ts'
import { createRelay } from './create-relay.ts'
import { copyPageFiles } from './copy.ts'
import { CommandError, oneLine } from '../command-error.ts'
import type { NodeFlags } from './flags.ts'
import { parseFlags } from './flags.ts'
import type { CreateNodeRelay, NodeRelay } from '../peer/node-relay.ts'
import type { Server } from '../http/server.ts'
import { createServer } from '../http/server.ts'
import { startupText } from './startup-text.ts'
import type { EndSignal } from './signals.ts'
import { onEndSignals } from './signals.ts'
import type { StandardStreams } from './pipe.ts'
import type { TargetSpec } from '../forward/specs.ts'
import { usage } from './usage.ts'

/** Milliseconds that server and relay get to stop after the first signal. Then the process exits anyway. */
export const STOP_TIMEOUT_MS = 4500

/** New paths of pages of the 2020 program. */
const PAGES_OF_2020 = { 'chat.html': 'examples/chat.html' }

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** The command's surroundings. */
export interface CommandInit {
  /** The arguments after the program's name. */
  argv: readonly string[]
  version: string
  /** The directory of the built site. */
  siteDirectory: string
  createRelay: CreateNodeRelay
  /** Standard input and output for `-pipe`. */
  streams: StandardStreams
  /** Receives whole lines, including their line breaks. */
  stdout: (text: string) => void
  stderr: (text: string) => void
}

/**
 * Runs the command until SIGINT or SIGTERM ends it.
 *
 * @returns the exit code: 0 after a clean stop; 2 for an invalid command line and 1 for any other failure,
 * after one line on standard error; 130 or 143 if a second signal interrupts the stop
 */
export async function runCommand(init: CommandInit): Promise<number> {
  const warn = (line: string): void => init.stderr(`libp2p-websocket: ${line}\n`)
  try {
    const command = parseFlags(init.argv)
    switch (command.kind) {
      case 'help':
        init.stdout(usage())
        return 0
      case 'version':
        init.stdout(`libp2p-websocket ${init.version}\n`)
        return 0
      case 'copy':
        await copyPageFiles({
          siteDirectory: init.siteDirectory,
          version: init.version,
          directory: command.directory,
          checkOnly: command.checkOnly,
          stdout: init.stdout,
        })
        return 0
      case 'serve':
        return await serve(command.flags, init, warn)
      case 'pipe':
        return await joinPipe(command.spec, command.flags, init, warn)
      default:
        return command satisfies never
    }
  } catch (error) {
    const isUsage = error instanceof CommandError && error.code === 'usage'
    warn(isUsage ? `${oneLine(error)} (-h lists the flags)` : oneLine(error))
    return isUsage ? EXIT_USAGE : EXIT_FAILED
  }
}

async function serve(flags: NodeFlags, init: CommandInit, warn: (line: string) => void): Promise<number> {
  const values = readValues(flags)
  const life = new AbortController()
  try {
    return await new Promise<number>((resolve, reject) => {
      const ended = new AbortController()
      const stop = (): void => ended.abort()
      let signals = 0
      onEndSignals((signal: EndSignal) => {
        signals += 1
        if (signals === 1) ended.abort()
        else resolve(signal.exitCode)
      }, life.signal)
      run({ ...flags, ...values }, init, warn, stop, ended.signal).then(resolve, reject)
    })
  } finally {
    life.abort()
  }
}

/** Runs `-pipe`. A signal resets the stream. */
async function joinPipe(
  spec: TargetSpec,
  flags: NodeFlags,
  init: CommandInit,
  warn: (line: string) => void,
): Promise<number> {
  // Loads what the other uses of the command don't need.
  const { pipe } = await import('./pipe.ts')
  const life = new AbortController()
  const ended = new AbortController()
  let received: EndSignal | undefined
  onEndSignals((signal) => {
    received ??= signal
    ended.abort()
  }, life.signal)
  try {
    const relayInit = { version: init.version, createRelay: init.createRelay, warn }
    await pipe(spec, init.streams, { ...flags, ...readValues(flags) }, relayInit, ended.signal)
    return 0
  } catch (error) {
    if (received !== undefined) return received.exitCode
    throw error
  } finally {
    life.abort()
  }
}

/**
 * Runs server and relay until `end` is aborted. When it settles, both have stopped, even if one of them
 * failed.
 */
async function run(
  flags: NodeFlags,
  init: CommandInit,
  warn: (line: string) => void,
  requestStop: () => void,
  end: AbortSignal,
): Promise<number> {
  const relay = await createRelay(flags, { version: init.version, createRelay: init.createRelay, warn })
  let server: Server | undefined
  let failure: Error | undefined
  try {
    let started = Promise.resolve()
    server = await createServer({
      core: {
        accept: (socket, options) => relay.accept(socket, options),
        // A page that is reloaded while the peer starts must not get an empty list of relays.
        network: async () => {
          await started
          return Object.assign({}, await relay.network(), flags.stoppable ? { stoppable: true } : {})
        },
        status: () => relay.status(),
        ...(relay.metrics === undefined ? {} : { metrics: relay.metrics }),
        ...(flags.stoppable ? { requestStop } : {}),
      },
      addr: flags.addr,
      port: flags.port,
      hosts: flags.hosts,
      origins: flags.origins,
      files: [
        ...flags.files.map((directory) => ({ directory, native: true })),
        {
          directory: init.siteDirectory,
          native: false,
          hashedDirectory: 'assets',
          compressed: true,
          moved: PAGES_OF_2020,
        },
      ],
      warn,
    })
    if (flags.start && !end.aborted) started = relay.start()
    await Promise.race([started, aborted(end)])
    if (!end.aborted) {
      init.stdout(startupText({ url: server.url, ...relay.describe() }))
      if (flags.browse !== undefined) await browse(flags.browse, server.url, warn)
      await aborted(end)
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(oneLine(error))
  }
  const stopped = await stop(server, relay, warn)
  if (failure !== undefined) throw failure
  return stopped ? 0 : EXIT_FAILED
}

/** Validates the addresses and the key before anything is opened, and normalises the addresses. */
function readValues({
  listen,
  announce,
  peers,
  key,
  autoTls,
}: NodeFlags): Pick<NodeFlags, 'listen' | 'announce' | 'peers'> {
  const read = (
    flag: string,
    values: readonly string[],
    one: (value: string) => Multiaddr | string,
  ): string[] =>
    values.map((value) => {
      try {
        return one(value).toString()
      } catch (error) {
        throw new CommandError('usage', `${flag}: ${oneLine(error)}`, { cause: error })
      }
    })
  const addresses = {
    listen: read('-listen', listen, readListened),
    announce: read('-announce', announce, readAnnounced),
    peers: read('-peer', peers, readPeerAddress),
  }
  if (
    autoTls &&
    listen.length > 0 &&
    !addresses.listen.some((address) => WebSockets.exactMatch(multiaddr(address)))
  ) {
    throw new CommandError('usage', '-autotls needs a WebSocket address: add a -listen address ending in /ws')
  }
  if (key === undefined) return addresses
  try {
    parseKey(key)
  } catch (error) {
    throw new CommandError('failed', `-key: ${oneLine(error)}`, { cause: error })
  }
  return addresses
}

/** @returns whether both stopped in time and without an error */
async function stop(
  server: Server | undefined,
  relay: NodeRelay,
  warn: (line: string) => void,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), STOP_TIMEOUT_MS)
  })
  const results = await Promise.race([Promise.allSettled([server?.close(), relay.stop()]), late])
  clearTimeout(timer)
  if (results === undefined) {
    warn(`not everything stopped within ${STOP_TIMEOUT_MS} ms: exiting anyway`)
    return false
  }
  let good = true
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    warn(`it did not stop cleanly: ${oneLine(result.reason)}`)
    good = false
  }
  return good
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return undefined
  return await new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
