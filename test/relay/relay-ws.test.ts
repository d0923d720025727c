import '../support/polyfill.ts'
import { describe } from 'vitest'
import { wsHost } from '../support/hosts.ts'
import { testRelay } from './relay-suite.ts'

describe('the relay over ws', () => testRelay(wsHost))
