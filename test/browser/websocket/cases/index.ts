import type { Cases } from '../case.ts'
import { closing } from './closing.ts'
import { construction } from './construction.ts'
import { events } from './events.ts'
import { messages } from './messages.ts'
import { sending } from './sending.ts'
import { shape } from './shape.ts'

/** All cases; no title is used twice. */
export const cases: Cases = { ...construction, ...shape, ...events, ...messages, ...sending, ...closing }
