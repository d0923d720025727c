import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The command as a user runs it, in local mode unless the test says otherwise. */
export const LOCAL_MODE: readonly string[] = [
  '-start',
  '-relay',
  '-nopeers',
  '-listen',
  '/ip4/127.0.0.1/tcp/0',
  '-listen',
  '/ip4/127.0.0.1/tcp/0/ws',
]

export interface NodeBuild {
  /** `http://127.0.0.1:PORT`. */
  origin: string
  process: ChildProcess
  stdout: string[]
  stderr: string[]
  /** Ends it by a signal, SIGTERM by default, and returns its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts `dist/node/main.js` on a free port and waits for its first line. The configuration directory is a
 * new one, or the given one, which is not deleted. `environment` is added to this process's own.
 */
export async function startNodeBuild(
  args: readonly string[] = LOCAL_MODE,
  configuration?: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<NodeBuild> {
  const directory = configuration ?? (await mkdtemp(join(tmpdir(), 'libp2p-websocket-')))
  const child = spawn(process.execPath, ['dist/node/main.js', '-port', '0', ...args], {
    env: { ...process.env, ...environment, XDG_CONFIG_HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stdout: string[] = []
  const stderr: string[] = []
  createInterface(child.stderr).on('line', (line) => stderr.push(line))
  const lines = createInterface(child.stdout)
  const origin = await new Promise<string>((resolve, reject) => {
    lines.on('line', (line) => {
      stdout.push(line)
      const match = /^Listening on (http:\/\/[^/]+)\/$/.exec(line)
      // The other name of this origin, for tests that use both.
      if (match?.[1] !== undefined) resolve(match[1].replace('localhost', '127.0.0.1'))
    })
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${stderr.join('\n')}`)))
  })
  return {
    origin,
    process: child,
    stdout,
    stderr,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit')
        child.kill(signal)
        await ended
      }
      if (configuration === undefined) await rm(directory, { recursive: true, force: true })
      return child.exitCode
    },
  }
}
