import { expect, test } from 'vitest'
import type { LinkState, ServerMessage } from '../../src/protocol/index.ts'
import { SUBPROTOCOL, decodeServerMessage } from '../../src/protocol/index.ts'
import { ClientOutput } from '../../src/relay/clients/client-output.ts'
import { LinkReport } from '../../src/relay/clients/link-report.ts'
import { InputPause } from '../../src/relay/clients/input-pause.ts'
import type { StreamLink } from '../../src/relay/dialing/stream-link.ts'

/** The output to a client that keeps up until `isFull` is set, and the reports of two connections. */
function start() {
  const received: ServerMessage[] = []
  const client = { isFull: false }
  const socket = {
    send: (message: Uint8Array<ArrayBuffer>) => {
      received.push(decodeServerMessage(message, SUBPROTOCOL))
      return !client.isFull
    },
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
  }
  const output = new ClientOutput(socket, new InputPause(socket))
  const open = (id: bigint) => {
    const link = {
      state: 'relayed' as LinkState,
      connection: undefined,
      onchange: undefined as StreamLink['onchange'],
      describe: () => ({ text: 'a link', limitReached: false }),
      lost: () => undefined,
    }
    const report = new LinkReport(id, link, output)
    const change = (state: LinkState): void => {
      link.state = state
      link.onchange?.()
    }
    return { report, change }
  }
  const states = (id: bigint): string[] =>
    received.flatMap((one) => (one.type === 'linkChanged' && one.id === id ? [one.state] : []))
  return { client, output, open, states }
}

test('the client learns the first state and each change, but nothing twice', () => {
  const { open, states } = start()
  const { change } = open(0n)
  change('relayed')
  change('direct')
  change('direct')
  change('interrupted')
  change('direct')
  expect(states(0n)).toEqual(['relayed', 'direct', 'interrupted', 'direct'])
})

test("while the client doesn't keep up, only the newest state of each connection waits for it", () => {
  const { client, output, open, states } = start()
  const one = open(0n)
  const other = open(1n)
  client.isFull = true
  one.change('interrupted')
  for (let times = 0; times < 1_000; times++) {
    one.change('direct')
    one.change('relayed')
    other.change('direct')
    other.change('interrupted')
  }
  expect(states(0n)).toEqual(['relayed', 'interrupted'])
  expect(states(1n)).toEqual(['relayed'])
  client.isFull = false
  output.drain()
  output.drain()
  expect(states(0n)).toEqual(['relayed', 'interrupted', 'relayed'])
  expect(states(1n)).toEqual(['relayed', 'interrupted'])
})

test('a state that is back to what the client knows is not sent', () => {
  const { client, output, open, states } = start()
  const { change } = open(0n)
  const other = open(1n)
  client.isFull = true
  other.change('direct')
  change('interrupted')
  change('relayed')
  client.isFull = false
  output.drain()
  expect(states(0n)).toEqual(['relayed'])
})

test('nothing is sent after the end of the connection', () => {
  const { client, output, open, states } = start()
  const { report, change } = open(0n)
  const other = open(1n)
  client.isFull = true
  other.change('direct')
  change('direct')
  report.end()
  client.isFull = false
  output.drain()
  change('interrupted')
  expect(states(0n)).toEqual(['relayed'])
})
