/** The classes of one end: the browser's own, or borrowed ones. */
export interface Side {
  RTCPeerConnection: typeof RTCPeerConnection
  RTCSessionDescription: typeof RTCSessionDescription
  RTCIceCandidate: typeof RTCIceCandidate
}

/** What a case works with: two ends. What it creates is closed after it. */
export class Bench {
  readonly a: Side
  readonly b: Side
  readonly #connections: RTCPeerConnection[] = []

  constructor(a: Side, b: Side) {
    this.a = a
    this.b = b
  }

  /** A connection of one end, closed after the case. */
  make(side: Side, configuration: RTCConfiguration = { iceServers: [] }): RTCPeerConnection {
    const pc = new side.RTCPeerConnection(configuration)
    this.#connections.push(pc)
    return pc
  }

  /** Two connections whose candidates reach each other; not negotiated yet. */
  pair(): [RTCPeerConnection, RTCPeerConnection] {
    const one = this.make(this.a)
    const two = this.make(this.b)
    trickle(one, two, this.b)
    trickle(two, one, this.a)
    return [one, two]
  }

  /** Two connections with an open channel between them, made by the first. */
  async open(
    init: RTCDataChannelInit = {},
  ): Promise<{ one: RTCPeerConnection; two: RTCPeerConnection; near: RTCDataChannel; far: RTCDataChannel }> {
    const [one, two] = this.pair()
    const near = one.createDataChannel('bench', init)
    const arrived = next<RTCDataChannelEvent>(two, 'datachannel')
    const opened = next(near, 'open')
    await negotiate(one, two)
    const { channel: far } = await arrived
    await opened
    if (far.readyState !== 'open') await next(far, 'open')
    return { one, two, near, far }
  }

  close(): void {
    for (const pc of this.#connections) pc.close()
  }
}

/** A case throws if the class doesn't behave as it should. */
export type Case = (bench: Bench) => Promise<void>

/** Forwards the candidates of `from` as JSON, as a signalling channel does. */
function trickle(from: RTCPeerConnection, to: RTCPeerConnection, side: Side): void {
  // Candidates that arrive before the description wait for it, in their order.
  const waiting: RTCIceCandidateInit[] = []
  const flush = (): void => {
    if (to.remoteDescription === null || to.signalingState === 'closed') return
    for (const init of waiting.splice(0))
      void to.addIceCandidate(new side.RTCIceCandidate(init)).catch(ignore)
  }
  from.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate === null || candidate.candidate === '') return
    waiting.push(JSON.parse(JSON.stringify(candidate)) as RTCIceCandidateInit)
    flush()
  })
  to.addEventListener('signalingstatechange', flush)
}

/** Candidates of a connection that is being closed are rejected, which no case depends on. */
function ignore(): void {
  // Nothing depends on it.
}

export async function negotiate(one: RTCPeerConnection, two: RTCPeerConnection): Promise<void> {
  await one.setLocalDescription()
  await two.setRemoteDescription(plain(one.localDescription))
  await two.setLocalDescription()
  await one.setRemoteDescription(plain(two.localDescription))
}

/** A description in the form that is sent. */
export function plain(description: RTCSessionDescription | null): RTCSessionDescriptionInit {
  if (description === null) throw new Error('there is no description')
  return JSON.parse(JSON.stringify(description)) as RTCSessionDescriptionInit
}

/** The next event of a type; rejects with what it waited for. */
export async function next<T extends Event = Event>(
  target: EventTarget,
  type: string,
  ms = 20_000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${ms} ms for the event ${type}`)), ms)
    target.addEventListener(
      type,
      (event) => {
        clearTimeout(timer)
        resolve(event as T)
      },
      { once: true },
    )
  })
}

/** Waits until a state that events of this type announce is reached. */
export async function when(target: EventTarget, type: string, holds: () => boolean): Promise<void> {
  while (!holds()) await next(target, type)
}

/** Collects the data of the next messages, from now on. */
export async function messages(channel: RTCDataChannel, count: number, ms = 20_000): Promise<unknown[]> {
  const got: unknown[] = []
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`waited ${ms} ms for ${count} messages, got ${got.length}`)),
      ms,
    )
    channel.addEventListener('message', function listener({ data }: MessageEvent<unknown>) {
      got.push(data)
      if (got.length < count) return
      clearTimeout(timer)
      channel.removeEventListener('message', listener)
      resolve(got)
    })
  })
}

export function equal(actual: unknown, expected: unknown, what: string): void {
  const [one, two] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (one !== two) throw new Error(`${what}: got ${one}, expected ${two}`)
}

export function truthy(value: unknown, what: string): void {
  if (!value) throw new Error(`${what}: got ${String(value)}`)
}

/** Calls a method with no argument at all, which its type would not allow. */
export function callBare(target: object, method: string): unknown {
  const callable: unknown = Reflect.get(target, method)
  if (typeof callable !== 'function') throw new Error(`${method} is not a method`)
  return Reflect.apply(callable, target, [])
}

/** The name of the error that `run` throws or rejects with. */
export async function errorName(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    return error instanceof Error || error instanceof DOMException ? error.name : String(error)
  }
  return 'no error'
}

/** Like {@link errorName}, for what must throw immediately and not reject. */
export function thrownName(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return error instanceof Error || error instanceof DOMException ? error.name : String(error)
  }
  return 'no error'
}

export function bytesOf(...bytes: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

/** The bytes of a message, as numbers that can be compared. */
export function numbers(data: unknown): number[] {
  if (!(data instanceof ArrayBuffer)) throw new Error(`not an ArrayBuffer: ${String(data)}`)
  return [...new Uint8Array(data)]
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
