/**
 * The protocol of lasting streams as a pure model: two sides, the carriers between them, and every frame in
 * flight. One unit of data stands for one byte, and every byte is acknowledged immediately. It begins with a
 * stream that is open on carrier 0.
 * `docs/lasting-streams.md` describes the same rules; the implementation is run against traces of this model.
 */

export type Side = 'a' | 'b'

type Frame =
  | { type: 'data'; offset: number }
  | { type: 'fin'; offset: number }
  | { type: 'ack'; received: number }
  | { type: 'resume'; epoch: number; received: number }
  | { type: 'resumed'; received: number }
  | { type: 'refused'; reason: 'unknown' | 'finished' | 'stale' }
  | { type: 'reset' }

export interface SideState {
  status: 'open' | 'interrupted' | 'finished' | 'reset' | 'lost'
  /** Units that the application has written, and whether it has ended its direction. */
  written: number
  isClosed: boolean
  acknowledged: number
  next: number
  isFinSent: boolean
  isFinAcknowledged: boolean
  received: number
  /** The other side's end has been received, and so delivered. */
  isEnded: boolean
  present: number | null
  former: number | null
  candidate: { carrier: number; epoch: number } | null
  epoch: number
  asked: number
}

interface CarrierState {
  /** What each side has sent and the other has not received. */
  from: Record<Side, Frame[]>
  /** Neither side has closed it, and neither has noticed that it is gone. */
  isOpen: Record<Side, boolean>
  isCut: boolean
  /** The side that opened it. */
  opener: Side
}

export interface State {
  a: SideState
  b: SideState
  carriers: CarrierState[]
  /** What the explorer may still do. */
  left: { writes: number; cuts: number; carriers: number; aborts: number }
}

export type Action =
  | { do: 'write'; side: Side }
  | { do: 'close'; side: Side }
  | { do: 'deliver'; carrier: number; from: Side }
  | { do: 'cut'; carrier: number }
  | { do: 'notice'; carrier: number; side: Side }
  | { do: 'ask'; side: Side }
  | { do: 'abort'; side: Side }
  | { do: 'give up'; side: Side }

const other = (side: Side): Side => (side === 'a' ? 'b' : 'a')

export function start(left: State['left']): State {
  const side = (): SideState => ({
    status: 'open',
    written: 0,
    isClosed: false,
    acknowledged: 0,
    next: 0,
    isFinSent: false,
    isFinAcknowledged: false,
    received: 0,
    isEnded: false,
    present: 0,
    former: null,
    candidate: null,
    epoch: 0,
    asked: 0,
  })
  return { a: side(), b: side(), carriers: [newCarrier('a')], left: { ...left } }
}

function newCarrier(opener: Side): CarrierState {
  return {
    from: { a: [], b: [] },
    isOpen: { a: true, b: true },
    isCut: false,
    opener,
  }
}

/** Every action that is possible now. */
export function actions(state: State): Action[] {
  const found: Action[] = []
  for (const side of ['a', 'b'] as const) {
    const { status, isClosed } = state[side]
    const isLive = status === 'open' || status === 'interrupted'
    if (isLive && !isClosed && state.left.writes > 0) found.push({ do: 'write', side })
    if (isLive && !isClosed) found.push({ do: 'close', side })
    if (isLive && state[side].candidate === null && state.left.carriers > 0) found.push({ do: 'ask', side })
    if (isLive && state.left.aborts > 0) found.push({ do: 'abort', side })
    if (status === 'interrupted' && state.left.aborts > 0) found.push({ do: 'give up', side })
  }
  for (const [carrier, { from, isCut, isOpen }] of state.carriers.entries()) {
    for (const side of ['a', 'b'] as const) {
      if (!isCut && from[side].length > 0) found.push({ do: 'deliver', carrier, from: side })
      // A side notices that a carrier is gone if it was cut, or if the other side has closed it and nothing
      // is left to deliver.
      const isGone = isCut || (!isOpen[other(side)] && from[other(side)].length === 0)
      if (isOpen[side] && isGone) found.push({ do: 'notice', carrier, side })
    }
    if (!isCut && state.left.cuts > 0 && (isOpen.a || isOpen.b)) found.push({ do: 'cut', carrier })
  }
  return found
}

/** Returns the state after an action. The given state is not changed. */
export function step(before: State, action: Action): State {
  const state = copyOf(before)
  switch (action.do) {
    case 'write':
      state.left.writes -= 1
      state[action.side].written += 1
      pump(state, action.side)
      break
    case 'close':
      state[action.side].isClosed = true
      pump(state, action.side)
      break
    case 'ask':
      ask(state, action.side)
      break
    case 'abort': {
      const { present } = state[action.side]
      state.left.aborts -= 1
      if (present !== null) send(state, action.side, present, { type: 'reset' })
      end(state, action.side, 'reset')
      break
    }
    case 'give up':
      state.left.aborts -= 1
      end(state, action.side, 'lost')
      break
    case 'cut': {
      state.left.cuts -= 1
      const carrier = carrierOf(state, action.carrier)
      carrier.isCut = true
      carrier.from = { a: [], b: [] }
      break
    }
    case 'notice':
      lose(state, action.side, action.carrier)
      break
    case 'deliver': {
      const frame = carrierOf(state, action.carrier).from[action.from].shift()
      if (frame !== undefined) receive(state, other(action.from), action.carrier, frame)
      break
    }
    default:
      action satisfies never
  }
  return state
}

/** Frames and candidates never change, so they are shared. */
function copyOf({ a, b, carriers, left }: State): State {
  return {
    a: { ...a },
    b: { ...b },
    carriers: carriers.map(({ from, isOpen, isCut, opener }) => ({
      from: { a: [...from.a], b: [...from.b] },
      isOpen: { ...isOpen },
      isCut,
      opener,
    })),
    left: { ...left },
  }
}

/** Throws if a state breaks an invariant. */
export function check(state: State): void {
  for (const side of ['a', 'b'] as const) {
    const own = state[side]
    const sender = state[other(side)]
    if (own.received > sender.written) throw new Error(`${side} received bytes that were never written`)
    if (own.isEnded && !(sender.isClosed && own.received === sender.written)) {
      throw new Error(`${side} received an end before the end`)
    }
    if (own.acknowledged > sender.received) throw new Error(`${side} forgot bytes that had not arrived`)
    if (own.status === 'finished' && !(own.isFinAcknowledged && own.isEnded)) {
      throw new Error(`${side} finished too early`)
    }
    if (sender.status === 'finished' && own.received < sender.written) {
      throw new Error(`${other(side)} finished although ${side} has not received everything`)
    }
  }
  const { a, b } = state
  if (
    a.epoch === b.epoch &&
    a.present !== b.present &&
    isUsable(state, a.present) &&
    isUsable(state, b.present)
  ) {
    throw new Error('both sides are on different carriers in one epoch')
  }
  if (isQuiet(state)) checkQuiet(state)
}

/** Nothing is in flight, and no side has anything to notice. */
export function isQuiet(state: State): boolean {
  return !actions(state).some((action) => action.do === 'deliver' || action.do === 'notice')
}

function isUsable(state: State, index: number | null): boolean {
  if (index === null) return false
  const { isCut, isOpen } = carrierOf(state, index)
  return !isCut && isOpen.a && isOpen.b
}

function checkQuiet(state: State): void {
  const { a, b } = state
  if (a.status !== 'open' || b.status !== 'open') return
  if (a.present !== b.present) throw new Error('the sides stay on different carriers')
  for (const side of ['a', 'b'] as const) {
    if (state[other(side)].received !== state[side].written) throw new Error(`bytes of ${side} never arrive`)
    if (state[side].isClosed && !state[other(side)].isEnded)
      throw new Error(`the end of ${side} never arrives`)
    if (state[side].acknowledged < state[other(side)].received)
      throw new Error(`${side} never learns what has arrived`)
    if (state[side].isFinAcknowledged !== state[other(side)].isEnded)
      throw new Error(`${side} never learns that its end has arrived`)
  }
}

function carrierOf(state: State, index: number): CarrierState {
  const carrier = state.carriers[index]
  if (carrier === undefined) throw new Error(`there is no carrier ${index}`)
  return carrier
}

function send(state: State, side: Side, carrier: number, frame: Frame): void {
  const { from, isOpen, isCut } = carrierOf(state, carrier)
  if (isOpen[side] && !isCut && isOpen[other(side)]) from[side].push(frame)
}

/** Sends what is due on the current carrier. */
function pump(state: State, side: Side): void {
  const own = state[side]
  if (own.present === null || own.status !== 'open') return
  for (; own.next < own.written; own.next += 1) {
    send(state, side, own.present, { type: 'data', offset: own.next })
  }
  if (own.isClosed && !own.isFinSent) {
    own.isFinSent = true
    send(state, side, own.present, { type: 'fin', offset: own.written })
  }
}

function acknowledgement(own: SideState): number {
  return own.received + (own.isEnded ? 1 : 0)
}

function ask(state: State, side: Side): void {
  const own = state[side]
  const next = Math.max(own.epoch, own.asked) + 1
  const isOwn = next % 2 === (side === 'a' ? 0 : 1)
  own.asked = isOwn ? next : next + 1
  state.left.carriers -= 1
  const carrier = state.carriers.push(newCarrier(side)) - 1
  own.candidate = { carrier, epoch: own.asked }
  send(state, side, carrier, { type: 'resume', epoch: own.asked, received: acknowledgement(own) })
}

/** A side closes its end of a carrier. What it has sent still arrives, unless the carrier is cut. */
function closeEnd(state: State, side: Side, carrier: number | null): void {
  if (carrier === null) return
  const closed = carrierOf(state, carrier)
  closed.isOpen[side] = false
  closed.from[other(side)] = []
}

function lose(state: State, side: Side, carrier: number): void {
  const own = state[side]
  closeEnd(state, side, carrier)
  if (own.candidate?.carrier === carrier) own.candidate = null
  else if (own.former === carrier) own.former = null
  else if (own.present === carrier) {
    own.present = own.former
    own.former = null
    if (own.present === null) {
      if (own.status === 'open') own.status = 'interrupted'
    } else {
      // What it acknowledged on the carrier that it has lost may not have arrived.
      send(state, side, own.present, { type: 'ack', received: acknowledgement(own) })
      move(state, side)
    }
  }
}

function move(state: State, side: Side): void {
  const own = state[side]
  if (own.status === 'interrupted') own.status = 'open'
  own.next = own.acknowledged
  own.isFinSent = false
  pump(state, side)
}

function acknowledge(state: State, side: Side, received: number): void {
  const own = state[side]
  if (received > own.written + (own.isClosed ? 1 : 0))
    throw new Error(`${side} got an acknowledgement for more than it sent`)
  if (own.isClosed && received === own.written + 1) own.isFinAcknowledged = true
  own.acknowledged = Math.max(own.acknowledged, Math.min(received, own.written))
  own.next = Math.max(own.next, own.acknowledged)
  finishIfDone(state, side)
}

function finishIfDone(state: State, side: Side): void {
  const own = state[side]
  if (!own.isFinAcknowledged || !own.isEnded || own.status === 'finished') return
  end(state, side, 'finished')
}

/** The stream is over for this side. */
function end(state: State, side: Side, status: 'finished' | 'reset' | 'lost'): void {
  const own = state[side]
  own.status = status
  closeEnd(state, side, own.candidate?.carrier ?? null)
  closeEnd(state, side, own.former)
  closeEnd(state, side, own.present)
  own.candidate = null
  own.former = null
  own.present = null
}

function receive(state: State, side: Side, carrier: number, frame: Frame): void {
  const own = state[side]
  if (!carrierOf(state, carrier).isOpen[side]) return
  if (own.candidate?.carrier === carrier) {
    onAnswer(state, side, own.candidate, frame)
    return
  }
  if (frame.type === 'resume') {
    onResume(state, side, carrier, frame)
    return
  }
  if (own.present !== carrier && own.former !== carrier) return
  if (own.present === carrier && own.former !== null) {
    closeEnd(state, side, own.former)
    own.former = null
  }
  switch (frame.type) {
    case 'data':
      if (frame.offset > own.received) throw new Error(`${side} misses a byte`)
      if (frame.offset < own.received) return
      own.received += 1
      if (own.present !== null)
        send(state, side, own.present, { type: 'ack', received: acknowledgement(own) })
      break
    case 'fin':
      if (frame.offset !== own.received) throw new Error(`${side} misses bytes before the end`)
      if (own.isEnded) return
      own.isEnded = true
      if (own.present !== null)
        send(state, side, own.present, { type: 'ack', received: acknowledgement(own) })
      finishIfDone(state, side)
      break
    case 'ack':
      acknowledge(state, side, frame.received)
      break
    case 'reset':
      end(state, side, 'reset')
      break
    case 'resumed':
    case 'refused':
      throw new Error(`${side} got an answer without a request`)
    default:
      frame satisfies never
  }
}

function onAnswer(
  state: State,
  side: Side,
  candidate: NonNullable<SideState['candidate']>,
  frame: Frame,
): void {
  const own = state[side]
  if (frame.type === 'refused') {
    own.candidate = null
    closeEnd(state, side, candidate.carrier)
    // With a carrier, the stream learns its end from that.
    if (own.present === null && frame.reason !== 'stale') onUnknown(state, side, frame.reason)
    return
  }
  if (frame.type !== 'resumed') throw new Error(`${side} was answered ${frame.type}`)
  acknowledge(state, side, frame.received)
  if (own.status === 'finished') return
  own.candidate = null
  closeEnd(state, side, own.former)
  closeEnd(state, side, own.present)
  own.former = null
  own.present = candidate.carrier
  own.epoch = candidate.epoch
  send(state, side, candidate.carrier, { type: 'ack', received: acknowledgement(own) })
  move(state, side)
}

/** The other side no longer has the stream. */
function onUnknown(state: State, side: Side, reason: 'unknown' | 'finished'): void {
  const own = state[side]
  if (reason === 'unknown') {
    end(state, side, 'reset')
    return
  }
  if (!own.isClosed || !own.isEnded) throw new Error(`${side} was told that it has finished, but it has not`)
  acknowledge(state, side, own.written + 1)
}

function onResume(state: State, side: Side, carrier: number, frame: Frame & { type: 'resume' }): void {
  const own = state[side]
  const isLive = own.status === 'open' || own.status === 'interrupted'
  const isStale = frame.epoch <= own.epoch || frame.epoch < (own.candidate?.epoch ?? 0)
  if (!isLive || isStale) {
    const reason = isLive ? 'stale' : own.status === 'finished' ? 'finished' : 'unknown'
    send(state, side, carrier, { type: 'refused', reason })
    closeEnd(state, side, carrier)
    return
  }
  closeEnd(state, side, own.candidate?.carrier ?? null)
  own.candidate = null
  closeEnd(state, side, own.former)
  own.former = own.present
  own.present = carrier
  own.epoch = frame.epoch
  send(state, side, carrier, { type: 'resumed', received: acknowledgement(own) })
  acknowledge(state, side, frame.received)
  if (state[side].status !== 'finished') move(state, side)
}
