import {
  hasType,
  isBoolean,
  isCount,
  isPort,
  isString,
  listOf,
  oneOf,
  orAbsent,
  orNull,
  shape,
} from './guards.ts'
import type { CertificateAlgorithm, Configuration, IceServer, Operation, ToLender } from './messages.ts'
import { isCandidateInit, isChannelInit, isDescriptionInit } from './state-guards.ts'

type Guards<Message extends { type: string }> = {
  [T in Message['type']]: (value: unknown) => boolean
}

const isIceServer = shape<IceServer>({
  urls: listOf(isString),
  username: orAbsent(isString),
  credential: orAbsent(isString),
})

const isConfiguration = shape<Configuration>({
  iceServers: listOf(isIceServer),
  iceTransportPolicy: oneOf<RTCIceTransportPolicy>(['all', 'relay']),
  bundlePolicy: oneOf<RTCBundlePolicy>(['balanced', 'max-bundle', 'max-compat']),
  rtcpMuxPolicy: oneOf(['require', 'negotiate']),
  iceCandidatePoolSize: isCount,
  certificates: listOf(isCount),
})

const always = (): boolean => true

const operations: Guards<Operation> = {
  createOffer: shape<{ iceRestart: boolean }>({ iceRestart: isBoolean }),
  createAnswer: always,
  setLocalDescription: shape<{ description: unknown }>({ description: orNull(isDescriptionInit) }),
  setRemoteDescription: shape<{ description: unknown }>({ description: isDescriptionInit }),
  addIceCandidate: shape<{ candidate: unknown }>({ candidate: orNull(isCandidateInit) }),
  setConfiguration: shape<{ configuration: unknown }>({ configuration: isConfiguration }),
  restartIce: always,
  getStats: always,
  settle: always,
}

const isAlgorithm = shape<CertificateAlgorithm>({
  name: isString,
  namedCurve: orAbsent(isString),
  modulusLength: orAbsent(isCount),
  publicExponent: (value) => value === undefined || value instanceof Uint8Array,
  hash: orAbsent(isString),
  expires: orAbsent(isCount),
})

const messages: Guards<ToLender> = {
  create: shape<{ pc: number; configuration: unknown }>({ pc: isCount, configuration: isConfiguration }),
  call: shape<{ pc: number; call: number; operation: unknown }>({
    pc: isCount,
    call: isCount,
    operation: (value) => hasType(operations, value),
  }),
  channel: shape<{ pc: number; label: string; init: unknown; port: MessagePort }>({
    pc: isCount,
    label: isString,
    init: isChannelInit,
    port: isPort,
  }),
  close: shape<{ pc: number }>({ pc: isCount }),
  certify: shape<{ certificate: number; algorithm: unknown }>({
    certificate: isCount,
    algorithm: isAlgorithm,
  }),
  uncertify: shape<{ certificate: number }>({ certificate: isCount }),
  dismiss: always,
}

/** Whether this is a well-formed message of a borrower to a lender. It may still come at the wrong time. */
export function isToLender(value: unknown): value is ToLender {
  return hasType(messages, value)
}
