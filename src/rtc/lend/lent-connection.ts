import { channelDescriptionOf } from '../standard/connection-state.ts'
import type {
  ChannelInit,
  Configuration,
  ConnectionEvent,
  FromPump,
  Operation,
  Outcome,
  ToLender,
  Value,
} from '../messages/messages.ts'
import { describeError, unreachable } from '../standard/error-message.ts'

/** What a lent connection tells and gives away. */
export interface LentConnectionLinks {
  event(event: ConnectionEvent, transfer: Transferable[]): void
  result(call: number, outcome: Outcome): void
  /** Takes a channel over in the task that made it. */
  hand(channel: RTCDataChannel, port: MessagePort): void
  /** The browser's form of a configuration; throws where it names a certificate that is not there. */
  configuration(configuration: Configuration): RTCConfiguration
}

/** One real connection of the tab, that a borrower uses: it does as it is asked, and reports what happens. */
export class LentConnection {
  readonly #pc: RTCPeerConnection
  readonly #links: LentConnectionLinks
  readonly #end = new AbortController()
  #sctp: RTCSctpTransport | null = null
  /** Operations that have not ended; the borrower bounds them. */
  readonly #running = new Set<Promise<void>>()

  constructor(pc: RTCPeerConnection, links: LentConnectionLinks) {
    this.#pc = pc
    this.#links = links
    const { signal } = this.#end
    for (const type of [
      'negotiationneeded',
      'signalingstatechange',
      'icegatheringstatechange',
      'iceconnectionstatechange',
      'connectionstatechange',
    ] as const) {
      pc.addEventListener(type, () => this.#event({ type }), { signal })
    }
    pc.addEventListener('icecandidate', (event) => this.#candidate(event.candidate), { signal })
    pc.addEventListener('icecandidateerror', (event) => this.#candidateError(event), { signal })
    pc.addEventListener('datachannel', (event) => this.#incoming(event.channel), { signal })
  }

  /**
   * Does what the borrower asks, and reports how it ended: the browser's own checks and errors are the ones
   * that count.
   */
  async call(call: number, operation: Operation): Promise<void> {
    const ended = this.#report(call, operation)
    this.#running.add(ended)
    await ended
    this.#running.delete(ended)
  }

  async #report(call: number, operation: Operation): Promise<void> {
    let outcome: Outcome
    try {
      outcome = { ok: true, value: await this.#run(operation) }
    } catch (error) {
      outcome = { ok: false, error: describeError(error) }
    }
    if (!this.#end.signal.aborted) this.#links.result(call, outcome)
  }

  /** Makes a data channel and gives it away; the borrower hears of a failure on the channel's own port. */
  createChannel({ label, init, port }: Extract<ToLender, { type: 'channel' }>): void {
    try {
      const channel = this.#pc.createDataChannel(label, channelInitOf(init))
      // On a connected connection it is known now; the pump would be later by its own start.
      if (channel.id !== null) port.postMessage({ type: 'id', id: channel.id } satisfies FromPump)
      this.#links.hand(channel, port)
    } catch (error) {
      const messages: FromPump[] = [{ type: 'error', error: describeError(error) }, { type: 'closed' }]
      for (const message of messages) port.postMessage(message)
    }
  }

  /** Closes the connection; nothing is reported after it. */
  close(): void {
    this.#end.abort()
    this.#pc.close()
  }

  async #run(operation: Operation): Promise<Value> {
    const pc = this.#pc
    switch (operation.type) {
      case 'createOffer':
        return descriptionValue(await pc.createOffer({ iceRestart: operation.iceRestart }))
      case 'createAnswer':
        return descriptionValue(await pc.createAnswer())
      case 'setLocalDescription':
        await pc.setLocalDescription(operation.description ?? undefined)
        break
      case 'setRemoteDescription':
        // A description without a type is the browser's to judge; the DOM's types would not let it get that
        // far.
        await pc.setRemoteDescription(operation.description as RTCSessionDescriptionInit)
        break
      case 'addIceCandidate':
        await pc.addIceCandidate(operation.candidate ?? undefined)
        break
      case 'setConfiguration':
        this.#setConfiguration(operation.configuration)
        break
      case 'restartIce':
        pc.restartIce()
        break
      case 'getStats':
        return { type: 'stats', entries: statsEntries(await pc.getStats()) }
      case 'settle':
        await Promise.all(this.#running)
        break
      default:
        unreachable(operation)
    }
    return { type: 'nothing' }
  }

  #setConfiguration(configuration: Configuration): void {
    try {
      this.#pc.setConfiguration(this.#links.configuration(configuration))
    } catch (error) {
      // The borrower has gone on as if this were set. Under the old one, what it has asked for next could
      // tell others what the new one was to hide.
      this.#pc.close()
      throw error
    }
  }

  #event(event: ConnectionEvent, transfer: Transferable[] = []): void {
    this.#watchSctp()
    this.#links.event(event, transfer)
  }

  /** The transport appears with a description, and then lives as long as the connection. */
  #watchSctp(): void {
    const { sctp } = this.#pc
    if (sctp === null || sctp === this.#sctp) return
    this.#sctp = sctp
    const { signal } = this.#end
    sctp.addEventListener('statechange', () => this.#links.event({ type: 'sctpstatechange' }, []), { signal })
  }

  #candidate(candidate: RTCIceCandidate | null): void {
    if (candidate === null) {
      this.#event({ type: 'icecandidate', candidate: null })
      return
    }
    const { sdpMid, sdpMLineIndex, usernameFragment } = candidate
    this.#event({
      type: 'icecandidate',
      candidate: { candidate: candidate.candidate, sdpMid, sdpMLineIndex, usernameFragment },
    })
  }

  #candidateError({ address, port, url, errorCode, errorText }: RTCPeerConnectionIceErrorEvent): void {
    this.#event({ type: 'icecandidateerror', address, port, url, errorCode, errorText })
  }

  #incoming(channel: RTCDataChannel): void {
    const description = channelDescriptionOf(channel)
    const { port1, port2 } = new MessageChannel()
    this.#links.hand(channel, port1)
    this.#event({ type: 'datachannel', channel: description, port: port2 }, [port2])
  }
}

/** The browser's form: members that are null here are absent there. */
function channelInitOf(init: ChannelInit): RTCDataChannelInit {
  return {
    ordered: init.ordered,
    protocol: init.protocol,
    negotiated: init.negotiated,
    ...(init.maxPacketLifeTime === null ? {} : { maxPacketLifeTime: init.maxPacketLifeTime }),
    ...(init.maxRetransmits === null ? {} : { maxRetransmits: init.maxRetransmits }),
    ...(init.id === null ? {} : { id: init.id }),
  }
}

function descriptionValue({ type, sdp }: RTCSessionDescriptionInit): Value {
  return { type: 'description', description: { type, sdp: sdp ?? '' } }
}

function statsEntries(report: RTCStatsReport): [string, object][] {
  const entries: [string, object][] = []
  report.forEach((value: unknown, key) => {
    if (typeof value === 'object' && value !== null) entries.push([key, value])
  })
  return entries
}
