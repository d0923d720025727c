import '../support/polyfill.ts'
import { describe } from 'vitest'
import { portHost, wsHost } from '../support/hosts.ts'
import { testSubprotocol } from './subprotocol-suite.ts'

describe.each([wsHost, portHost])('the subprotocol over $name', (host) => testSubprotocol(host))
