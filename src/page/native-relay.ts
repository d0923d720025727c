import { handOver } from './late-script.ts'
import { serveByNative } from './serve-by-native.ts'

// `/libp2p-websocket.js` loads this script if a policy forbids the worker while sockets wait for it.
handOver(serveByNative)
