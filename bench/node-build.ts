import type { Benchmark } from './harness/report.ts'
import type { Scale } from './harness/scale.ts'
import { measureClients } from './node/clients.ts'
import { measureFlood } from './node/flood.ts'
import { InspectedBuild } from './node/inspected.ts'
import { measureStreams } from './node/streams.ts'

export const nodeBuild: Benchmark<Scale> = {
  name: 'node-build',
  title: 'The Node build: clients, a flood, streams',
  about: `*Clients*: control sockets of one Node build. Each has a listener, and a connection to the listener of the one
before it. Measured are the memory of the process after a garbage collection (resident, and heap with
buffers), and the round trips of 64 bytes per second while all clients send. *Flood*: round trips of one
client while another, in a process of its own, sends as much as it can through the same build. *Streams*:
bytes to a js-libp2p peer in another process, in messages of 64 KiB: from a client through the Node build over
TCP, from js-libp2p over TCP, and over a bare \`net\` socket. Also per second of processor time of the sending
process (for ours, of the Node build).`,
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
