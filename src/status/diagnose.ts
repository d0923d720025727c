import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'

export function diagnose(_status: RelayStatus): Finding[] {
  return []
}
