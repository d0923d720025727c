export type { AdminSettings } from './endpoint.ts'
export { AdminEndpoint } from './endpoint.ts'
export * from './recorder.ts'
export * from './messages.ts'
