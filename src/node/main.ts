#!/usr/bin/env node
import './polyfill.ts'
import { fileURLToPath } from 'node:url'
import { oneLine } from './command-error.ts'
import { runCommand } from './cli/command.ts'
import { letHeapGrow } from './cli/heap.ts'

/** The build's version, put in by the bundler. */
declare const __VERSION__: string

letHeapGrow()
// Everybody's pages depend on this process: a promise that nobody has caught must not end it.
process.on('unhandledRejection', (reason) => {
  process.stderr.write(`libp2p-websocket: something failed in the background: ${oneLine(reason)}\n`)
})
const code = await runCommand({
  argv: process.argv.slice(2),
  version: __VERSION__,
  siteDirectory: fileURLToPath(new URL('../site', import.meta.url)),
  createRelay: async (init) => {
    // All of libp2p: not needed to print the version.
    const { createNodeRelay } = await import('./peer/node-relay.ts')
    return await createNodeRelay(init)
  },
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
})
// What a library left behind, a timer or a socket, must not keep a program that has ended.
process.exit(code)
