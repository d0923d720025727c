import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import '../../src/node/polyfill.ts'

test('Promise.withResolvers returns a promise and the functions that settle it', async () => {
  const good = Promise.withResolvers<number>()
  good.resolve(5)
  expect(await good.promise).toBe(5)
  const bad = Promise.withResolvers<number>()
  bad.reject(new Error('no'))
  await expect(bad.promise).rejects.toThrow('no')
  expect(Object.keys(Promise)).toEqual([])
})

test('the global WebSocket has what js-libp2p needs: events, array buffers, and a close with its code', async () => {
  const server = createServer()
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      socket.send(data)
      socket.close(4000, 'bye')
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => socket.send(Uint8Array.of(1, 2)))
  const data = await new Promise<unknown>((resolve) => {
    socket.addEventListener('message', (event) => resolve(event.data), { once: true })
  })
  expect(new Uint8Array(data as ArrayBuffer)).toEqual(Uint8Array.of(1, 2))
  const end = await new Promise<CloseEvent>((resolve) => {
    socket.addEventListener('close', resolve, { once: true })
  })
  expect([end.code, end.reason, end.wasClean]).toEqual([4000, 'bye', true])
  sockets.close()
  server.close()
})

test('everything else that js-libp2p uses is there', () => {
  expect(typeof CustomEvent).toBe('function')
  expect(typeof AbortSignal.any).toBe('function')
  expect(typeof Array.prototype.findLast).toBe('function')
  expect(typeof structuredClone).toBe('function')
})
