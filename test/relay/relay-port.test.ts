import '../support/polyfill.ts'
import { describe } from 'vitest'
import { portHost } from '../support/hosts.ts'
import { testRelay } from './relay-suite.ts'

describe('the relay over a MessagePort', () => testRelay(portHost))
