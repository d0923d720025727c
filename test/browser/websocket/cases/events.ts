import type { Cases } from '../case.ts'
import { assign, construct } from './loose.ts'

export const events: Cases = {
  'an event handler that is not an object becomes null, an object is kept but not called': async (t) => {
    const socket = construct(t.path('echo'))
    for (const value of [5, 'text', true, undefined, Symbol('s')]) {
      assign(socket, 'onopen', value)
      t.equal(socket.onopen, null)
    }
    let called = false
    const object = { handleEvent: () => (called = true) }
    assign(socket, 'onopen', object)
    t.equal((socket.onopen as unknown) === object, true)
    await t.next(socket, 'open')
    t.equal(called, false)
    socket.close()
  },

  'a replaced handler keeps its position before a later listener': async (t) => {
    const socket = construct(t.path('echo'))
    const order: string[] = []
    socket.onopen = () => order.push('first')
    socket.addEventListener('open', () => order.push('listener'))
    socket.onopen = () => order.push('replaced')
    await t.next(socket, 'open')
    t.equal(order, ['replaced', 'listener'])
    socket.close()
  },

  'a handler set to null and set again moves behind the listeners': async (t) => {
    const socket = construct(t.path('echo'))
    const order: string[] = []
    socket.onopen = () => order.push('handler')
    socket.addEventListener('open', () => order.push('listener'))
    socket.onopen = null
    socket.onopen = () => order.push('handler again')
    await t.next(socket, 'open')
    t.equal(order, ['listener', 'handler again'])
    socket.close()
  },

  'a handler that a listener sets runs after that listener': async (t) => {
    const socket = construct(t.path('echo'))
    const order: string[] = []
    socket.addEventListener('open', () => {
      order.push('listener')
      socket.onopen = () => order.push('too late')
    })
    await t.next(socket, 'open')
    t.equal(order, ['listener'])
    socket.close()
  },

  'this, target and currentTarget are the socket': async (t) => {
    const socket = construct(t.path('echo'))
    const same: boolean[] = []
    socket.onopen = function (event) {
      same.push(this === socket, event.target === socket, event.currentTarget === socket)
      same.push(event.srcElement === (socket as EventTarget), event.eventPhase === Event.AT_TARGET)
    }
    await t.next(socket, 'open')
    t.equal(same, [true, true, true, true, true])
    socket.close()
  },

  'microtasks run between two listeners of an event': async (t) => {
    const socket = await t.open('burst')
    const order: string[] = []
    socket.addEventListener('message', () => {
      order.push('first')
      queueMicrotask(() => order.push('microtask'))
    })
    socket.addEventListener('message', () => order.push('second'))
    socket.send('go')
    await t.next(socket, 'message')
    t.equal(order.slice(0, 3), ['first', 'microtask', 'second'])
    socket.close()
  },

  'all microtasks of the listeners of an event have run before the next event': async (t) => {
    const socket = await t.open('burst')
    const order: string[] = []
    const listen = (name: string): void => {
      socket.addEventListener('message', ({ data }) => {
        queueMicrotask(() =>
          queueMicrotask(() => queueMicrotask(() => order.push(`${String(data)} ${name}`))),
        )
      })
    }
    listen('first')
    listen('second')
    socket.send('go')
    for (let number = 0; number < 5; number++) {
      const { data } = await t.next<MessageEvent>(socket, 'message')
      t.equal(data, `burst ${number}`)
      const earlier = Array.from({ length: number }, (_, before) => [
        `burst ${before} first`,
        `burst ${before} second`,
      ])
      t.equal(order.slice(0, 2 * number), earlier.flat())
    }
    socket.close()
  },

  'open, error and close are plain events that do not bubble and cannot be cancelled': async (t) => {
    const socket = construct(t.path('echo'))
    const open = await t.next(socket, 'open')
    t.equal(
      [open.constructor === Event, open.bubbles, open.cancelable, open.composed],
      [true, false, false, false],
    )
    socket.close()
    const close = await t.next<CloseEvent>(socket, 'close')
    t.equal([close.constructor === CloseEvent, close.bubbles, close.cancelable], [true, false, false])
    const refused = construct(t.path('refuse'))
    const error = await t.next(refused, 'error')
    t.equal([error.constructor === Event, error.bubbles, error.cancelable], [true, false, false])
  },

  'a listener that throws is reported, the next one runs and the socket stays open': async (t) => {
    const socket = await t.open('echo')
    const order: string[] = []
    socket.onmessage = () => {
      order.push('throws')
      throw new Error('of a listener')
    }
    socket.addEventListener('message', () => order.push('next'))
    const reported = new Promise<string>((resolve) => {
      globalThis.onerror = (message) => {
        globalThis.onerror = null
        resolve(typeof message === 'string' ? message : message.type)
        return true
      }
    })
    const message = t.next(socket, 'message')
    socket.send('a')
    await message
    t.equal((await reported).includes('of a listener'), true)
    t.equal([order, socket.readyState], [['throws', 'next'], 1])
    socket.send('b')
    globalThis.onerror = () => true
    await t.next(socket, 'message')
    globalThis.onerror = null
    socket.close()
  },

  'several messages are one task each': async (t) => {
    const socket = await t.open('burst')
    const order: string[] = []
    const all = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        order.push(String(data))
        void Promise.resolve().then(() => {
          order.push('promise')
          if (order.length === 10) resolve()
        })
      }
    })
    socket.send('go')
    await all
    t.equal(
      order,
      [0, 1, 2, 3, 4].flatMap((number) => [`burst ${number}`, 'promise']),
    )
    socket.close()
  },

  'nothing is dispatched while the script that made the socket runs': async (t) => {
    const socket = construct(t.path('refuse'))
    let early = true
    socket.onerror = () => t.equal(early, false)
    await Promise.resolve()
    early = false
    await t.next(socket, 'close')
  },

  'once, signal and removeEventListener work as on every EventTarget': async (t) => {
    const socket = await t.open('burst')
    const seen: string[] = []
    const controller = new AbortController()
    const removed = (): void => void seen.push('removed')
    socket.addEventListener('message', () => seen.push('once'), { once: true })
    socket.addEventListener('message', () => seen.push('aborted'), { signal: controller.signal })
    socket.addEventListener('message', removed)
    socket.removeEventListener('message', removed)
    controller.abort()
    socket.send('go')
    for (let number = 0; number < 5; number++) await t.next(socket, 'message')
    t.equal(seen, ['once'])
    socket.close()
  },

  'stopImmediatePropagation stops the listeners behind it': async (t) => {
    const socket = construct(t.path('echo'))
    const seen: string[] = []
    socket.addEventListener('open', (event) => {
      seen.push('first')
      event.stopImmediatePropagation()
    })
    socket.onopen = () => seen.push('second')
    socket.addEventListener('message', () => seen.push('message'))
    const closed = t.next(socket, 'close')
    socket.addEventListener('open', () => seen.push('third'), { capture: false })
    await Promise.race([
      closed,
      new Promise<void>((resolve) => {
        const channel = new MessageChannel()
        // Opened, because `send` no longer throws.
        const look = (): void => {
          if (socket.readyState === 1) resolve()
          else channel.port2.postMessage(null)
        }
        channel.port1.onmessage = look
        look()
      }),
    ])
    const message = t.next(socket, 'message')
    socket.send('a')
    await message
    t.equal(seen, ['first', 'message'])
    socket.close()
    await closed
  },

  'events that a page dispatches itself reach its handlers': (t) => {
    const socket = construct(t.path('echo'))
    const seen: unknown[] = []
    socket.onmessage = (event) => seen.push(event.data)
    socket.onclose = (event) => seen.push(event.type)
    socket.dispatchEvent(new MessageEvent('message', { data: 'mine' }))
    socket.dispatchEvent(new Event('close'))
    t.equal([seen, socket.readyState], [['mine', 'close'], 0])
  },
}
