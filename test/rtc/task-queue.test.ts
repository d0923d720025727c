import { expect, test } from 'vitest'
import { TaskQueue } from '../../src/platform/task-queue.ts'

test('functions run in order, each after the promise callbacks of the one before', async () => {
  const queue = new TaskQueue()
  const order: string[] = []
  const done = new Promise<void>((resolve) => {
    for (const name of ['a', 'b', 'c']) {
      queue.push(() => {
        order.push(name)
        void Promise.resolve()
          .then(() => Promise.resolve())
          .then(() => order.push(`after ${name}`))
      })
    }
    queue.push(resolve)
  })
  order.push('first')
  await done
  expect(order).toEqual(['first', 'a', 'after a', 'b', 'after b', 'c', 'after c'])
})
