export { diagnose } from './diagnose.ts'
export type { Finding, Severity } from './diagnosis.ts'
export { SEVERITIES } from './diagnosis.ts'
export * from './status.ts'
