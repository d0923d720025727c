export type { DeskInit, DeskSettings } from './desk.ts'
export { Desk } from './desk.ts'
export * from './inspector.ts'
export * from './wire.ts'
