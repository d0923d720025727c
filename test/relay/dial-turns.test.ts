import { describe, expect, test } from 'vitest'
import type { EndTurn } from '../../src/relay/dialing/dial-turns.ts'
import { DialTurns } from '../../src/relay/dialing/dial-turns.ts'

const never = new AbortController().signal
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A client that asks for turns, and the functions that end the turns it has. */
class Asker {
  readonly held: EndTurn[] = []
  readonly #turns: DialTurns

  constructor(turns: DialTurns) {
    this.#turns = turns
  }

  ask(count: number, signal = never): void {
    for (let asked = 0; asked < count; asked += 1) {
      this.#turns.take(this, signal).then(
        (end) => this.held.push(end),
        () => undefined,
      )
    }
  }
}

describe('turns to dial', () => {
  test('one client leaves half of the free turns to the next client, and so on', async () => {
    const turns = new DialTurns(12)
    const askers = Array.from({ length: 3 }, () => new Asker(turns))
    for (const asker of askers) {
      asker.ask(100)
      await settled()
    }
    expect(askers.map(({ held }) => held.length)).toEqual([6, 4, 2])
  })

  test('the next turn goes to the client with the fewest, however many others wait', async () => {
    const turns = new DialTurns(4)
    const [greedy, other, late] = [new Asker(turns), new Asker(turns), new Asker(turns)]
    greedy.ask(100)
    other.ask(100)
    await settled()
    late.ask(1)
    await settled()
    greedy.held[0]?.()
    other.held[0]?.()
    await settled()
    expect(late.held.length).toBe(1)
  })

  test('many clients get turns one after the other, even more clients than there are turns', async () => {
    const turns = new DialTurns(2)
    const askers = Array.from({ length: 5 }, () => new Asker(turns))
    for (const asker of askers) asker.ask(2)
    await settled()
    for (let round = 0; round < 10; round += 1) {
      for (const { held } of askers) for (const end of held) end()
      await settled()
    }
    expect(askers.map(({ held }) => held.length)).toEqual([2, 2, 2, 2, 2])
  })

  test('a client that stopped waiting gets no turn, and ending a turn twice counts once', async () => {
    const turns = new DialTurns(2)
    const [one, other] = [new Asker(turns), new Asker(turns)]
    const giveUp = new AbortController()
    one.ask(1)
    one.ask(5, giveUp.signal)
    await settled()
    giveUp.abort()
    await settled()
    one.held[0]?.()
    one.held[0]?.()
    await settled()
    expect(one.held.length).toBe(1)
    // The state is as it was at the start.
    one.ask(3)
    other.ask(3)
    await settled()
    expect([one.held.length, other.held.length]).toEqual([2, 1])
  })
})
