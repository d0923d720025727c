/**
 * A client of the Node build, in a process of its own, that sends as much as it can to another client in that
 * process, until it is stopped.
 */
import '../../src/node/polyfill.ts'
import { dialWith, listenWith } from '../page/client-pipe.ts'
import { feed } from '../page/service.ts'
import { connectClient } from './client.ts'

const PROTOCOL = '/x/bench/flood'
const MESSAGE_BYTES = 65_536

const origin = process.argv[2] ?? ''
const [sink, source] = await Promise.all([connectClient(origin), connectClient(origin)])
await listenWith(sink, (pipe) => pipe.receive(() => undefined), PROTOCOL)
const pipe = await dialWith(source, { peer: sink.peer, addrs: [] }, PROTOCOL)
process.stdout.write('{}\n')
await feed(pipe, Infinity, MESSAGE_BYTES)
