import { expect, test } from 'vitest'
import { defineHandlers } from '../../src/rtc/standard/event-handlers.ts'

class Target extends EventTarget {
  declare onping: unknown
}
defineHandlers(Target.prototype, ['ping'], (value) => value instanceof Target)

test('a replaced handler keeps its position, and its this is the target', () => {
  const target = new Target()
  const order: unknown[] = []
  target.onping = () => order.push('never')
  target.addEventListener('ping', () => order.push('listener'))
  target.onping = function record(this: unknown) {
    order.push(this)
  }
  target.dispatchEvent(new Event('ping'))
  expect(order).toEqual([target, 'listener'])
})

test('null removes a handler, an object is kept but not called, anything else becomes null', () => {
  const target = new Target()
  const object = { handleEvent: () => expect.fail('called') }
  expect(target.onping).toBeNull()
  target.onping = object
  expect(target.onping).toBe(object)
  target.dispatchEvent(new Event('ping'))
  target.onping = 5
  expect(target.onping).toBeNull()
})

test('two targets do not share handlers', () => {
  const [one, two] = [new Target(), new Target()]
  one.onping = () => expect.fail('called')
  two.dispatchEvent(new Event('ping'))
  expect(two.onping).toBeNull()
})

test('a handler is an attribute of its own class only', () => {
  for (const other of [new EventTarget(), {}]) {
    expect((): unknown => Reflect.get(Target.prototype, 'onping', other)).toThrow(TypeError)
    expect(() => Reflect.set(Target.prototype, 'onping', null, other)).toThrow(TypeError)
  }
})

test("null gives up a handler's position among the listeners", () => {
  const target = new Target()
  const order: string[] = []
  target.onping = () => order.push('never')
  target.addEventListener('ping', () => order.push('listener'))
  target.onping = null
  target.onping = () => order.push('handler')
  target.dispatchEvent(new Event('ping'))
  expect(order).toEqual(['listener', 'handler'])
})
