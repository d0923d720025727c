import { describe, expect, test } from 'vitest'
import { openStatus, reachOf } from '../../examples/shared/reach.ts'

const [BROWSER, SERVER] = [{ inBrowser: true }, { inBrowser: false }]

describe('who can join', () => {
  test.each([
    ['a peer that others can dial', true, 'held', BROWSER, 'everyone'],
    ['a public peer of the server', true, 'none', SERVER, 'everyone'],
    ['a peer of the server', false, 'unknown', SERVER, 'server'],
    ['no circuit relay', false, 'none', BROWSER, 'browser'],
    ['a circuit relay that is gone', false, 'lost', BROWSER, 'cut-off'],
    ['a circuit relay that is being asked', false, 'trying', BROWSER, 'unknown'],
    ['a peer that tells nothing', false, 'unknown', BROWSER, 'unknown'],
  ] as const)('with %s is known', (_, isPublic, relay, environment, reach) => {
    expect(reachOf(isPublic, relay, environment)).toBe(reach)
  })

  test('is never called open while other browsers can’t join', () => {
    for (const reach of ['browser', 'cut-off', 'unknown'] as const) {
      expect(openStatus('room', reach).sign).not.toBe('good')
    }
    for (const reach of ['browser', 'cut-off'] as const) {
      expect(openStatus('room', reach)).toMatchObject({
        sign: 'warn',
        link: { text: 'What to do' },
      })
    }
  })
})
