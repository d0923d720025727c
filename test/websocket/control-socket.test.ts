import { expect, expectTypeOf, test } from 'vitest'
import type { ControlSocket, ControlSocketHandlers } from '../../src/relay/control-socket.ts'
import type { AcceptedWebSocket, WebSocketHandlers } from '../../src/websocket/index.ts'
import { OPEN, startRawPage } from './raw-page.ts'

test('an accepted socket can be used unchanged as a control socket of the relay', async () => {
  expectTypeOf<AcceptedWebSocket>().toExtend<ControlSocket>()
  expectTypeOf<ControlSocketHandlers>().toExtend<Omit<WebSocketHandlers, 'open'>>()
  const page = startRawPage()
  const control: ControlSocket = page.socket
  page.say(OPEN)
  await page.told('accept')
  expect(control.send(new Uint8Array([1]))).toBe(true)
  control.close(1000, '')
  expect(control.send(new Uint8Array([1]))).toBe(true)
  await page.told('close')
  page.socket.drop()
  page.end()
})
