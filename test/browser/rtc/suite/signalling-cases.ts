import type { Case } from './support.ts'
import { equal, negotiate, next, plain, truthy, when } from './support.ts'

export const signallingCases: Record<string, Case> = {
  'a new connection has the states of the standard': async (bench) => {
    const pc = bench.make(bench.a)
    equal(
      [pc.signalingState, pc.iceConnectionState, pc.iceGatheringState, pc.connectionState],
      ['stable', 'new', 'new', 'new'],
      'states',
    )
    equal([pc.localDescription, pc.remoteDescription, pc.sctp], [null, null, null], 'nothing yet')
    equal(pc.canTrickleIceCandidates, null, 'canTrickleIceCandidates')
    equal(Object.prototype.toString.call(pc), '[object RTCPeerConnection]', 'tag')
    equal([pc.getSenders(), pc.getReceivers(), pc.getTransceivers()], [[], [], []], 'no media')
  },

  'createDataChannel asks for negotiation once, however many channels are created': async (bench) => {
    const pc = bench.make(bench.a)
    let times = 0
    pc.onnegotiationneeded = () => (times += 1)
    const needed = next(pc, 'negotiationneeded')
    pc.createDataChannel('one')
    pc.createDataChannel('two')
    await needed
    await pc.getStats()
    equal(times, 1, 'negotiationneeded events')
  },

  'an offer and an answer by createOffer and createAnswer pass through the signalling states': async (
    bench,
  ) => {
    const [one, two] = bench.pair()
    const states: string[] = []
    one.addEventListener('signalingstatechange', () => states.push(one.signalingState))
    one.createDataChannel('x')
    const offer = await one.createOffer()
    equal(offer.type, 'offer', 'type of the offer')
    await one.setLocalDescription(offer)
    equal(one.signalingState, 'have-local-offer', 'after setLocalDescription')
    equal(one.localDescription?.type, 'offer', 'localDescription at once')
    equal(one.pendingLocalDescription?.type, 'offer', 'pending')
    equal(one.currentLocalDescription, null, 'current')
    await two.setRemoteDescription(new bench.b.RTCSessionDescription({ type: 'offer', sdp: offer.sdp ?? '' }))
    equal(two.signalingState, 'have-remote-offer', 'after setRemoteDescription')
    const answer = await two.createAnswer()
    await two.setLocalDescription(answer)
    equal([two.signalingState, two.localDescription?.type], ['stable', 'answer'], 'the answering end')
    await one.setRemoteDescription({ type: 'answer', sdp: answer.sdp ?? '' })
    equal(states, ['have-local-offer', 'stable'], 'signalingstatechange')
    equal([one.currentLocalDescription?.type, one.pendingLocalDescription], ['offer', null], 'settled')
    equal([one.remoteDescription?.type, one.currentRemoteDescription?.type], ['answer', 'answer'], 'remote')
    truthy(two.canTrickleIceCandidates === true, 'canTrickleIceCandidates')
  },

  'setLocalDescription without an argument creates the right description': async (bench) => {
    const [one, two] = bench.pair()
    one.createDataChannel('x')
    await one.setLocalDescription()
    equal(one.localDescription?.type, 'offer', 'first end')
    await two.setRemoteDescription(plain(one.localDescription))
    await two.setLocalDescription()
    equal(two.localDescription?.type, 'answer', 'second end')
  },

  'a rollback withdraws an offer': async (bench) => {
    const pc = bench.make(bench.a)
    pc.createDataChannel('x')
    await pc.setLocalDescription()
    await pc.setLocalDescription({ type: 'rollback' })
    equal([pc.signalingState, pc.localDescription], ['stable', null], 'after the rollback')
  },

  'trickled candidates connect two ends, with all states and events': async (bench) => {
    const [one, two] = bench.pair()
    const seen: string[] = []
    for (const type of ['icegatheringstatechange', 'iceconnectionstatechange', 'connectionstatechange']) {
      one.addEventListener(type, () => seen.push(type))
    }
    let candidates = 0
    const gathered = new Promise<void>((resolve) => {
      one.onicecandidate = ({ candidate }) => {
        if (candidate === null) {
          resolve()
          return
        }
        if (candidate.candidate === '') return
        candidates += 1
        truthy(candidate instanceof bench.a.RTCIceCandidate, 'the class of a candidate')
        equal(
          Object.keys(candidate.toJSON()).sort(),
          ['candidate', 'sdpMLineIndex', 'sdpMid', 'usernameFragment'],
          'toJSON',
        )
        truthy(candidate.port !== null && candidate.type === 'host', 'fields of a candidate')
      }
    })
    one.createDataChannel('x')
    await negotiate(one, two)
    await when(one, 'connectionstatechange', () => one.connectionState === 'connected')
    await when(two, 'connectionstatechange', () => two.connectionState === 'connected')
    await gathered
    truthy(candidates > 0, 'candidates')
    equal(one.iceGatheringState, 'complete', 'iceGatheringState')
    truthy(['connected', 'completed'].includes(one.iceConnectionState), 'iceConnectionState')
    for (const type of ['icegatheringstatechange', 'iceconnectionstatechange', 'connectionstatechange']) {
      truthy(seen.includes(type), type)
    }
    truthy(one.localDescription?.sdp.includes('a=candidate:'), 'candidates in the description')
  },

  'candidates inside the descriptions connect two ends without trickling': async (bench) => {
    const one = bench.make(bench.a)
    const two = bench.make(bench.b)
    const channel = one.createDataChannel('x')
    await one.setLocalDescription()
    await when(one, 'icegatheringstatechange', () => one.iceGatheringState === 'complete')
    await two.setRemoteDescription(plain(one.localDescription))
    await two.setLocalDescription()
    await when(two, 'icegatheringstatechange', () => two.iceGatheringState === 'complete')
    const opened = next(channel, 'open')
    await one.setRemoteDescription(plain(two.localDescription))
    await opened
  },

  'the SCTP transport has its state and the largest message': async (bench) => {
    const { one } = await bench.open()
    const { sctp } = one
    if (sctp === null) throw new Error('there is no SCTP transport')
    await when(sctp, 'statechange', () => sctp.state === 'connected')
    truthy((one.sctp?.maxMessageSize ?? 0) >= 65_536, 'maxMessageSize')
  },

  'getStats returns a report with the standard types of entries': async (bench) => {
    const { one, near, far } = await bench.open()
    const got = next(far, 'message')
    near.send('counted')
    await got
    const types = new Set<string>()
    let sent: unknown
    const report = await one.getStats()
    report.forEach((entry: { type: string; messagesSent?: number }, id: string) => {
      equal((report.get(id) as { type: string }).type, entry.type, 'get')
      types.add(entry.type)
      if (entry.type === 'data-channel') sent = entry.messagesSent
    })
    for (const type of ['peer-connection', 'transport', 'candidate-pair', 'data-channel']) {
      truthy(types.has(type), `an entry of the type ${type}`)
    }
    equal(sent, 1, 'messagesSent')
    truthy(report.size >= types.size, 'size')
    equal(Object.prototype.toString.call(report), '[object RTCStatsReport]', 'tag')
  },

  'restartIce asks for negotiation, and the next offer has new credentials': async (bench) => {
    const { one, two, near, far } = await bench.open()
    const fragment = /a=ice-ufrag:(\S+)/
    const before = fragment.exec(one.localDescription?.sdp ?? '')?.[1]
    const needed = next(one, 'negotiationneeded')
    one.restartIce()
    await needed
    await negotiate(one, two)
    const after = fragment.exec(one.localDescription?.sdp ?? '')?.[1]
    truthy(before !== undefined && after !== undefined && before !== after, 'ice-ufrag')
    const got = next<MessageEvent>(far, 'message')
    near.send('still here')
    equal((await got).data, 'still here', 'data after the restart')
  },

  'createOffer with iceRestart has new credentials': async (bench) => {
    const { one } = await bench.open()
    const fragment = /a=ice-ufrag:(\S+)/
    const offer = await one.createOffer({ iceRestart: true })
    truthy(
      fragment.exec(offer.sdp ?? '')?.[1] !== fragment.exec(one.localDescription?.sdp ?? '')?.[1],
      'ice-ufrag',
    )
  },

  'a certificate created before is the one in the description': async (bench) => {
    const certificate = await bench.a.RTCPeerConnection.generateCertificate({
      name: 'ECDSA',
      namedCurve: 'P-256',
    } as AlgorithmIdentifier)
    truthy(certificate.expires > Date.now(), 'expires')
    const [fingerprint] = certificate.getFingerprints()
    equal(fingerprint?.algorithm, 'sha-256', 'algorithm')
    const pc = bench.make(bench.a, { iceServers: [], certificates: [certificate] })
    equal(pc.getConfiguration().certificates?.[0]?.expires, certificate.expires, 'getConfiguration')
    pc.createDataChannel('x')
    const { sdp = '' } = await pc.createOffer()
    truthy(sdp.toLowerCase().includes((fingerprint?.value ?? 'none').toLowerCase()), 'fingerprint')
  },

  'getConfiguration and setConfiguration keep their values': async (bench) => {
    const pc = bench.make(bench.a, {
      iceServers: [{ urls: 'stun:127.0.0.1:3478' }],
      bundlePolicy: 'max-bundle',
    })
    const { iceServers, bundlePolicy, iceTransportPolicy, iceCandidatePoolSize } = pc.getConfiguration()
    equal(iceServers?.[0]?.urls, ['stun:127.0.0.1:3478'], 'urls')
    equal([bundlePolicy, iceTransportPolicy, iceCandidatePoolSize], ['max-bundle', 'all', 0], 'the rest')
    pc.setConfiguration({ iceServers: [], bundlePolicy: 'max-bundle', iceTransportPolicy: 'relay' })
    equal(pc.getConfiguration().iceTransportPolicy, 'relay', 'after setConfiguration')
  },

  'close makes all states closed immediately and fires nothing on the connection': async (bench) => {
    const { one } = await bench.open()
    const events: string[] = []
    for (const type of ['signalingstatechange', 'iceconnectionstatechange', 'connectionstatechange']) {
      one.addEventListener(type, () => events.push(type))
    }
    one.close()
    one.close()
    equal(
      [one.signalingState, one.iceConnectionState, one.connectionState],
      ['closed', 'closed', 'closed'],
      'states',
    )
    await bench.open()
    equal(events, [], 'events')
  },
}
