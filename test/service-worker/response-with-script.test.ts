import { describe, expect, test, vi } from 'vitest'
import { withOurScript } from '../../src/service-worker/response-with-script.ts'

const own = {
  script: new URL('https://site.example/a&b/libp2p-websocket.js'),
  workers: [new URL('https://site.example/a&b/relay-worker.js')],
}
const TAG =
  '<script src="https://site.example/a&amp;b/libp2p-websocket.js" charset="utf-8" data-inserted></script>'
const PAGE = '<!doctype html><title>t</title>'
const HTML = { 'content-type': 'text/html' }

const answer = (response: Response): Response => withOurScript(response, 'https://site.example/p', own)

describe('a navigation', () => {
  test('gets our script in its answer, and keeps the headers that do not describe the exact bytes', async () => {
    const response = answer(
      new Response(PAGE, {
        status: 404,
        headers: {
          'content-type': 'Text/HTML; charset=shift_jis',
          'content-length': '31',
          'content-encoding': 'gzip',
          etag: '"1"',
          'last-modified': 'Thu, 01 Jan 1970 00:00:00 GMT',
          'x-other': 'kept',
        },
      }),
    )
    expect(response.status).toBe(404)
    expect([...response.headers.keys()].sort()).toEqual(['content-type', 'last-modified', 'x-other'])
    expect(await response.text()).toBe(`<!doctype html>${TAG}<title>t</title>`)
  })

  test.each([
    ['of another type', 200, { 'content-type': 'application/xhtml+xml' }],
    ['of no type', 200, {}],
    ['partial', 206, HTML],
    ['a redirect', 302, HTML],
    ['a download', 200, { ...HTML, 'content-disposition': 'attachment; filename=a.html' }],
    ['marked as native', 200, { ...HTML, 'libp2p-websocket': 'native' }],
  ])('is answered unchanged if the answer is %s', (_, status, headers) => {
    const response = new Response(Buffer.from(PAGE), { status, headers: headers as Record<string, string> })
    if (!('content-type' in headers)) response.headers.delete('content-type')
    expect(answer(response)).toBe(response)
  })

  test.each([204, 304])('is answered unchanged if the status is %d', (status) => {
    const response = new Response(null, { status, headers: HTML })
    expect(answer(response)).toBe(response)
  })

  test('is answered unchanged, with a warning, if the policy of the page forbids our script', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    try {
      const byHeader = new Response(PAGE, {
        headers: { ...HTML, 'content-security-policy': "script-src 'none'" },
      })
      expect(answer(byHeader)).toBe(byHeader)
      const page = `<meta http-equiv=content-security-policy content="default-src 'none'">`
      expect(await answer(new Response(page, { headers: HTML })).text()).toBe(page)
      expect(warn).toHaveBeenCalledTimes(2)
      expect(warn).toHaveBeenCalledWith(expect.stringContaining('https://site.example/p was left unchanged'))
    } finally {
      warn.mockRestore()
    }
  })
})
