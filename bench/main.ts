// What Node 20 lacks and js-libp2p needs must be there before js-libp2p is.
import '../src/node/polyfill.ts'

const { runBenchmarks } = await import('./command.ts')
process.exit(await runBenchmarks(process.argv.slice(2)))
