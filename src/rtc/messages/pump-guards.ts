import { hasType, isCount, isPort, listOf, orNull, shape } from './guards.ts'
import type { FromPump, FromPumpWorker, Part, PumpLimits, ToPump, ToPumpWorker } from './messages.ts'
import { isUnsignedShort, isPostedError } from './state-guards.ts'

const always = (): boolean => true

function isPart(value: unknown): value is Part {
  return typeof value === 'string' || value instanceof ArrayBuffer
}

const data = shape<{ parts: Part[] }>({ parts: listOf(isPart) })

const toPump: { [T in ToPump['type']]: (value: unknown) => boolean } = {
  data,
  taken: shape<{ cost: number }>({ cost: isCount }),
  close: always,
}

const fromPump: { [T in FromPump['type']]: (value: unknown) => boolean } = {
  id: shape<{ id: number }>({ id: isUnsignedShort }),
  open: shape<{ id: number | null }>({ id: orNull(isUnsignedShort) }),
  data,
  gone: shape<{ bytes: number }>({ bytes: isCount }),
  closing: always,
  error: shape<{ error: unknown }>({ error: isPostedError }),
  closed: always,
}

const isLimits = shape<PumpLimits>({
  receiveWindowBytes: isCount,
  maxUndeliveredBytes: isCount,
  reportBytes: isCount,
})

const toPumpWorker: { [T in ToPumpWorker['type']]: (value: unknown) => boolean } = {
  adopt: shape<{ key: number; channel: RTCDataChannel; limits: PumpLimits }>({
    key: isCount,
    channel: (value) => value instanceof RTCDataChannel,
    limits: isLimits,
  }),
  connect: shape<{ key: number; port: MessagePort }>({ key: isCount, port: isPort }),
}

/** Whether this is a well-formed message of a borrowed channel to its pump. */
export function isToPump(value: unknown): value is ToPump {
  return hasType(toPump, value)
}

/** Whether this is a well-formed message of a pump to its borrowed channel. */
export function isFromPump(value: unknown): value is FromPump {
  return hasType(fromPump, value)
}

/** Whether this is a well-formed message of a tab to its pump worker. */
export function isToPumpWorker(value: unknown): value is ToPumpWorker {
  return hasType(toPumpWorker, value)
}

/** Whether this is a well-formed message of a pump worker to its tab. */
export function isFromPumpWorker(value: unknown): value is FromPumpWorker {
  return hasType({ ready: always }, value)
}
