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

/** What a {@link LentConnection} needs of its owner. */
export interface LentConnectionLinks {
  event(event: ConnectionEvent, transfer: Transferable[]): void
  result(call: number, outcome: Outcome): void
  /** Takes over a channel, in the task that made it. */
  hand(channel: RTCDataChannel, port: MessagePort): void
  /** Converts a configuration to the browser's form. Throws if it names a certificate that doesn't exist. */
  configuration(configuration: Configuration): RTCConfiguration
}

/** One real connection of the tab that a borrower uses. It performs operations and reports events. */
export class LentConnection {
  readonly #pc: RTCPeerConnection
  readonly #links: LentConnectionLinks
  readonly #end = new AbortController()
  #sctp: RTCSctpTransport | null = null
  /** Operations that have not finished. The borrower bounds them. */
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
   * Performs an operation and reports its outcome, with the browser's own checks and errors. Never rejects.
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

  /** Makes a data channel and passes it on. A failure is reported on the channel's own port. */
  createChannel({ label, init, port }: Extract<ToLender, { type: 'channel' }>): void {
    try {
      const channel = this.#pc.createDataChannel(label, channelInitOf(init))
      // If the connection is connected, the ID is known now. The pump would report it later, after it has
      // started.
      if (channel.id !== null) port.postMessage({ type: 'id', id: channel.id } satisfies FromPump)
      this.#links.hand(channel, port)
    } catch (error) {
      const messages: FromPump[] = [{ type: 'error', error: describeError(error) }, { type: 'closed' }]
      for (const message of messages) port.postMessage(message)
    }
  }

  /** Closes the connection. Nothing more is reported. */
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
        // The cast lets the browser check a description without a type, which the DOM's types don't allow.
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
      // The borrower has continued as if this were set. Under the old configuration, its next operations
      // could reveal what the new one was meant to hide.
      this.#pc.close()
      throw error
    }
  }

  #event(event: ConnectionEvent, transfer: Transferable[] = []): void {
    this.#watchSctp()
    this.#links.event(event, transfer)
  }

  /**
   * Watches the SCTP transport, which appears with a description and then lives as long as the connection.
   */
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

/** Converts to the browser's form, in which members that are null here are absent. */
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
