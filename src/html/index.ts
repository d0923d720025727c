export { DECLARATION_BYTES, declaresEncoding } from './declared-encoding.ts'
export type { LeaveReason } from './head-scanner.ts'
export { HeadScanner } from './head-scanner.ts'
