import { describe, expect, test } from 'vitest'
import type { EndTurn } from '../../src/relay/dialing/dial-turns.ts'
import { DialTurns } from '../../src/relay/dialing/dial-turns.ts'

const never = new AbortController().signal
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A client that asks for turns, and the ends of those that it has. */
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
  test('of one client leave half of the places to the next one, and so on', async () => {
    const turns = new DialTurns(12)
    const askers = Array.from({ length: 3 }, () => new Asker(turns))
    for (const asker of askers) {
      asker.ask(100)
      await settled()
    }
    expect(askers.map(({ held }) => held.length)).toEqual([6, 4, 2])
  })

  test('go to the client that has fewest of them, however many others wait', async () => {
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

  test('are given to many clients one after the other, also to more than there are places', async () => {
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

  test('that are waited for no longer are not given, and an end counts once', async () => {
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
    // As if there had never been anybody.
    one.ask(3)
    other.ask(3)
    await settled()
    expect([one.held.length, other.held.length]).toEqual([2, 1])
  })
})
