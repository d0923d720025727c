export type { DeskInit, DeskSettings } from './endpoint.ts'
export { Desk } from './endpoint.ts'
export * from './recorder.ts'
export * from './messages.ts'
