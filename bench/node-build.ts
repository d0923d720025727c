import type { Benchmark } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { measureClients } from './node/clients.ts'
import { measureFlood } from './node/flood.ts'
import { InspectedBuild } from './node/inspected.ts'
import { measureStreams } from './node/streams.ts'

export const nodeBuild: Benchmark<Scale> = {
  name: 'node-build',
  title: 'The Node build: clients, a flood, streams',
  about: `*Clients*: control sockets of one Node build, each with a listener and a connection to the listener of the one before it; what the process
holds after a garbage collection (resident memory, and heap with buffers), and round trips of 64 bytes per second when all of them send at
once. *Flood*: round trips of one client while another one, in a process of its own, sends as much as it can through the same build.
*Streams*: bytes to a js-libp2p peer in another process, from a client through the Node build over TCP, from js-libp2p over TCP itself,
and over a bare \`net\` socket, in messages of 64 KiB; and per second of processor time of the process that sends (of the Node build,
for ours).`,
  async run(scale) {
    const build = await InspectedBuild.start()
    try {
      const clients = await measureClients(build, scale)
      const flood = await measureFlood(build.node.origin, scale)
      const streams = await measureStreams(build, scale)
      return {
        goals: [...clients.goals, ...flood.goals, ...streams.goals],
        tables: [...clients.tables, ...flood.tables, ...streams.tables],
        plots: clients.plots,
      }
    } finally {
      await build.stop()
    }
  },
}
