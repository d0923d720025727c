import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from '../../src/platform/fifo.ts'

test('a queue behaves like an array with push and shift', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat())), (steps) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      for (const step of steps) {
        if (step === null) expect(fifo.shift()).toBe(model.shift())
        else {
          fifo.push(step)
          model.push(step)
        }
        expect([fifo.length, fifo.peek()]).toEqual([model.length, model[0]])
      }
    }),
  )
})

test('clear removes everything', () => {
  const fifo = new Fifo<number>()
  for (const item of [1, 2, 3]) fifo.push(item)
  fifo.shift()
  fifo.clear()
  expect([fifo.length, fifo.shift()]).toEqual([0, undefined])
})
