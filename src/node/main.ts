#!/usr/bin/env node
import './polyfill.ts'
import { fileURLToPath } from 'node:url'
import { oneLine } from './command-error.ts'
import { runCommand } from './cli/command.ts'
import { letHeapGrow } from './cli/heap.ts'

/** The version of the build, set by the bundler. */
declare const __VERSION__: string

letHeapGrow()
// All pages depend on this process, so an unhandled rejection must not end it.
process.on('unhandledRejection', (reason) => {
  process.stderr.write(`libp2p-websocket: something failed in the background: ${oneLine(reason)}\n`)
})
const code = await runCommand({
  argv: process.argv.slice(2),
  version: __VERSION__,
  siteDirectory: fileURLToPath(new URL('../site', import.meta.url)),
  createRelay: async (init) => {
    // Loads all of libp2p, which -h and -version don't need.
    const { createNodeRelay } = await import('./peer/node-relay.ts')
    return await createNodeRelay(init)
  },
  streams: { input: process.stdin, output: process.stdout },
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
})
// Timers or sockets left by a library must not keep the process alive.
process.exit(code)
