export {
  LastingLostError,
  LastingProtocolError,
  LastingRefusedError,
  LastingUnsupportedError,
} from './errors.ts'
export { LASTING_PROTOCOL } from './frames.ts'
export type { RefusalReason } from './reasons.ts'
export type { LastingEnd } from './lasting-stream.ts'
export { LastingStream } from './lasting-stream.ts'
export { LastingStreams } from './lasting-streams.ts'
export type { LastingCounts, LastingStreamsInit, OpenOptions, ServeProtocol } from './lasting-streams-init.ts'
export type { LastingLimits } from './limits.ts'
export { DEFAULT_LIMITS } from './limits.ts'
