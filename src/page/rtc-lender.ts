import { lendWebRTC } from '../rtc/lend/lend-webrtc.ts'
import { handOver } from './late-script.ts'

// `/libp2p-websocket.js` loads this script once the worker runs.
handOver(lendWebRTC)
