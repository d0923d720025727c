import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { until } from '../../support/until.ts'

/** A bundle that Node can run, beside the packages that it doesn't include. */
export interface BundledCommand {
  path: string
  remove(): Promise<void>
}

/** Bundles an entry for Node, as the build does. */
export async function bundleCommand(entry: string): Promise<BundledCommand> {
  const cache = 'node_modules/.cache'
  await mkdir(cache, { recursive: true })
  const directory = await mkdtemp(join(cache, 'command-'))
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: [/^node:/, /^node-datachannel/, 'utf-8-validate'],
    resolve: { alias: { bufferutil: resolve('src/node/http/websocket-masks.ts') } },
    transform: { define: { __VERSION__: '"1.2.3"' } },
  })
  try {
    await build.write({
      dir: join(directory, 'dist/node'),
      format: 'es',
      entryFileNames: 'main.js',
      strictExecutionOrder: true,
    })
    // As it is installed: some packages read the package.json above them, and the site is beside the command.
    await copyFile('package.json', join(directory, 'package.json'))
    await mkdir(join(directory, 'dist/site'))
  } finally {
    await build.close()
  }
  return {
    path: join(directory, 'dist/node/main.js'),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A process of the command. */
export interface CommandProcess {
  child: ChildProcess
  stdout: string
  stderr: string
  /** Settles with its exit code, or the signal that killed it. */
  ended: Promise<number | NodeJS.Signals>
  /** Waits for the first line, and returns the port in it. */
  listening(): Promise<number>
}

export function startCommand(path: string, argv: readonly string[], env: NodeJS.ProcessEnv): CommandProcess {
  const child = spawn(process.execPath, [path, ...argv], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const running: CommandProcess = {
    child,
    stdout: '',
    stderr: '',
    ended: new Promise((resolve) => {
      child.on('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'))
    }),
    async listening() {
      const line = await until('the first line', () => {
        if (child.exitCode !== null) throw new Error(`it ended: ${running.stderr}`)
        return /^(?<line>.*)\n/u.exec(running.stdout)?.groups?.['line']
      })
      const port = /^Listening on http:\/\/localhost:(?<port>\d+)\/$/u.exec(line)?.groups?.['port']
      if (port === undefined) throw new Error(`the first line is ${line}`)
      return Number(port)
    },
  }
  child.stdout.on('data', (chunk: Buffer) => {
    running.stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    running.stderr += chunk.toString()
  })
  return running
}
