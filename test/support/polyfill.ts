// What Node 20 lacks and js-libp2p needs, for the tests that run a peer.
import '../../src/node/polyfill.ts'
