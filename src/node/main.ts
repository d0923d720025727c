#!/usr/bin/env node
import './polyfill.ts'
import { fileURLToPath } from 'node:url'
import { runCommand } from './command.ts'
import { letHeapGrow } from './heap.ts'
import { createNodeRelay } from './peer.ts'

/** The build's version, put in by the bundler. */
declare const __VERSION__: string

letHeapGrow()
const code = await runCommand({
  argv: process.argv.slice(2),
  version: __VERSION__,
  siteDirectory: fileURLToPath(new URL('../site', import.meta.url)),
  createRelay: createNodeRelay,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
})
// What a library left behind, a timer or a socket, must not keep a program that has ended.
process.exit(code)
