import { describe, expect, test } from 'vitest'
import { explore } from './explore.ts'
import { start } from './model.ts'

describe('the model of lasting streams', () => {
  test('keeps its promises in every state of 8 actions', () => {
    const reached = explore(start({ writes: 2, cuts: 2, carriers: 2, aborts: 1 }), 8)
    console.log(reached.length)
    expect(reached.length).toBeGreaterThan(10_000)
  })
})
