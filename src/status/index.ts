export { diagnose } from './diagnose.ts'
export type { FindingId, Severity } from './diagnosis.ts'
export { FINDING_IDS, SEVERITIES } from './diagnosis.ts'
export * from './status.ts'
