import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { pubsubPeerDiscovery } from '@libp2p/pubsub-peer-discovery'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { name, onLine, show } from './io.js'

const TOPIC = 'chat.example/lobby'
const names = new Map()
const node = await createLibp2p({
  addresses: { listen: ['/p2p-circuit', '/webrtc'] },
  transports: [webSockets(), circuitRelayTransport(), webRTC()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  peerDiscovery: [pubsubPeerDiscovery({ topics: [`${TOPIC}/peers`] })],
  services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
})
const { pubsub } = node.services
const send = (message) => pubsub.publish(TOPIC, new TextEncoder().encode(JSON.stringify(message)))
node.addEventListener('peer:discovery', ({ detail }) => void node.dial(detail.id).catch(() => undefined))
node.addEventListener('peer:disconnect', ({ detail }) => {
  const id = detail.toString()
  if (names.has(id)) show(`${names.get(id)} has left`)
  names.delete(id)
})
pubsub.addEventListener('subscription-change', () => send({ name }))
pubsub.addEventListener('message', ({ detail: { topic, from, data } }) => {
  if (topic !== TOPIC) return
  const id = from.toString()
  const { name: other, text } = JSON.parse(new TextDecoder().decode(data))
  if (!names.has(id)) show(`${other} is here`)
  names.set(id, other)
  if (text !== undefined) show(`${other}: ${text}`)
})
pubsub.subscribe(TOPIC)
await node.dial(multiaddr('/dns4/relay.example/tcp/443/wss/p2p/12D3KooW…'))
onLine((text) => send({ name, text }))
