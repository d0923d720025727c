import type { ServerMessage } from '../../src/protocol/index.ts'
import { decodeServerMessage, encodeClientMessage } from '../../src/protocol/index.ts'
import { BenchPage } from './bench-page.ts'
import type { Chunk, Pipe, World } from './pipe.ts'
import { BENCH_PROTOCOL } from './pipe.ts'

/** A sender waits from this `bufferedAmount` on. */
const HIGH_WATER_BYTES = 2_097_152
/** The bytes of a Data message before its payload. */
const HEADER_BYTES = 9

const lookers: (() => void)[] = []

/**
 * A WebSocket has no event for room to send, so the sender checks at the next message or the next timer,
 * whichever comes first.
 */
function somethingHappened(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve)
    lookers.push(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** A page's WebSocket on `/libp2p`, of any class, with the protocol by hand and nothing in between. */
class ControlSocket {
  /** Undefined until the pipe has a receiver. */
  readonly #takers = new Map<bigint, ((chunk: Chunk) => void) | undefined>()
  readonly #early = new Map<bigint, Chunk[]>()
  /** The callbacks for the end of each pipe. */
  readonly #endings = new Map<bigint, (why: string) => void>()
  readonly #socket = new WebSocket('/libp2p')
  accepted: (pipe: Pipe) => void = () => undefined
  #waiters: { type: ServerMessage['type']; came: (message: ServerMessage) => void }[] = []

  constructor() {
    this.#socket.binaryType = 'arraybuffer'
    this.#socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#receive(decodeServerMessage(new Uint8Array(data)))
      for (const look of lookers.splice(0)) look()
    })
  }

  /** Waits for a message of that type; the longest waiting caller gets it. */
  next<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>> {
    return new Promise((resolve) =>
      this.#waiters.push({ type, came: resolve as (message: ServerMessage) => void }),
    )
  }

  async start(): Promise<string> {
    const identified = this.next('identify')
    const { started } = await this.next('hello')
    if (!started) this.#socket.send(encodeClientMessage({ type: 'start', key: '' }))
    const { peer } = await identified
    return peer
  }

  async listen(): Promise<void> {
    this.#socket.send(encodeClientMessage({ type: 'listen', frames: false, protocol: BENCH_PROTOCOL }))
    await this.next('listening')
  }

  async connect(peer: string): Promise<Pipe> {
    const connected = this.next('peerConnection')
    this.#socket.send(
      encodeClientMessage({ type: 'connect', peer, protocol: BENCH_PROTOCOL, frames: false, relay: '' }),
    )
    const { id } = await connected
    return this.#pipe(id)
  }

  #pipe(id: bigint): Pipe {
    const socket = this.#socket
    const hasRoom = (): boolean => socket.bufferedAmount < HIGH_WATER_BYTES
    // `send` copies, so one buffer is enough for all messages.
    let scratch = encodeClientMessage({ type: 'data', id, data: new Uint8Array(0) })
    return {
      send(data) {
        const byteLength = HEADER_BYTES + data.byteLength
        if (scratch.byteLength < byteLength) scratch = encodeClientMessage({ type: 'data', id, data })
        else scratch.set(data, HEADER_BYTES)
        socket.send(scratch.subarray(0, byteLength))
        return hasRoom()
      },
      async drain() {
        while (!hasRoom()) await somethingHappened()
      },
      receive: (taken) => {
        this.#takers.set(id, taken)
        for (const chunk of this.#early.get(id) ?? []) taken(chunk)
        this.#early.delete(id)
      },
      close: () => socket.send(encodeClientMessage({ type: 'close', id })),
      ended: (told) => {
        this.#endings.set(id, told)
      },
    }
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'data') {
      const taken = this.#takers.get(message.id)
      if (taken === undefined)
        this.#early.set(message.id, [...(this.#early.get(message.id) ?? []), message.data])
      else taken(message.data)
      return
    }
    if (message.type === 'connectionClosed') {
      this.#endings.get(message.id)?.(message.reason)
      this.#endings.delete(message.id)
    }
    if (message.type === 'listenerConnection') this.accepted(this.#pipe(message.id))
    const index = this.#waiters.findIndex(({ type }) => type === message.type)
    if (index >= 0) this.#waiters.splice(index, 1)[0]?.came(message)
  }
}

let dialer: ControlSocket
let listener: ControlSocket

/** Two sockets of the page to one relay: what one sends goes through the relay's loopback to the other. */
const world: World = {
  async start() {
    dialer = new ControlSocket()
    const peer = await dialer.start()
    listener = new ControlSocket()
    await listener.start()
    return { peer, addrs: [] }
  },
  async listen(accepted) {
    listener.accepted = accepted
    await listener.listen()
  },
  dial: ({ peer }) => dialer.connect(peer),
}

globalThis.bench = new BenchPage(world)
