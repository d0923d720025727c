import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { bundleCommand } from '../../test/node/support/command-process.ts'

/** The addresses of a process of `serving-peer.ts`. */
export interface ServingAddress {
  peer: string
  tcp: string[]
  ws: string[]
  /** The port of the bare TCP server. */
  port: number
}

/** A child process that has printed its first line, which is JSON. */
export interface Child<T> {
  firstLine: T
  process: ChildProcess
  stop(): Promise<void>
}

/** Bundles an entry and starts it; waits for its first line. */
export async function startChild<T>(entry: string, args: readonly string[] = []): Promise<Child<T>> {
  const bundled = await bundleCommand(entry)
  const child = spawn(process.execPath, [bundled.path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill()
    await ended
    await bundled.remove()
  }
  const firstLine = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]: string[]) => JSON.parse(line ?? '') as T),
    ended.then(() => undefined),
  ])
  if (firstLine === undefined) {
    await bundled.remove()
    throw new Error(`${entry} ended before it printed anything`)
  }
  return { firstLine, process: child, stop }
}

/** The remote end of streams to a process: js-libp2p over TCP and WebSocket, and bare TCP. */
export function startFarEnd(): Promise<Child<ServingAddress>> {
  return startChild<ServingAddress>('bench/node/serving-peer.ts')
}
