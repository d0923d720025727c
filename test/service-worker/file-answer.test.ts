import { describe, expect, test } from 'vitest'
import { fileAnswer } from '../../src/service-worker/file-answer.ts'

const MODIFIED_MS = Date.UTC(2020, 1, 3)
const URL_OF_IT = 'https://site.example/folders/f/a'

const ask = (
  headers: Record<string, string> = {},
  { name = 'a.mp4', content = '0123456789', method = 'GET' } = {},
): Promise<Response> =>
  fileAnswer(new Request(URL_OF_IT, { method, headers }), {
    name,
    content: new Blob([content]),
    modifiedMs: MODIFIED_MS,
  })

describe('a file', () => {
  test('is answered whole, with the headers that players and caches need', async () => {
    const response = await ask()
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'no-cache',
      'content-length': '10',
      'content-type': 'video/mp4',
      etag: expect.stringMatching(/^".+"$/u) as string,
      'last-modified': 'Mon, 03 Feb 2020 00:00:00 GMT',
    })
    expect(await response.text()).toBe('0123456789')
  })

  test('is answered without content for HEAD', async () => {
    const response = await ask({}, { method: 'HEAD' })
    expect(response.headers.get('content-length')).toBe('10')
    expect(await response.text()).toBe('')
  })

  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=5-500', '56789', 'bytes 5-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-30', '0123456789', 'bytes 0-9/10'],
  ])('is answered partially for %s', async (range, content, contentRange) => {
    const response = await ask({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(contentRange)
    expect(response.headers.get('content-length')).toBe(String(content.length))
    expect(await response.text()).toBe(content)
  })

  test.each(['bytes=0-1,3-4', 'lines=1-2', 'bytes=4-1', 'bytes=-', 'bytes=x'])(
    'is answered whole for %s',
    async (range) => {
      expect((await ask({ range })).status).toBe(200)
    },
  )

  test.each(['bytes=10-', 'bytes=-0'])('is answered with 416 for %s', async (range) => {
    const response = await ask({ range })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */10')
  })

  test('is not sent again to a client that has it, and only whole to a client that has another version', async () => {
    const etag = (await ask()).headers.get('etag') ?? ''
    expect((await ask({ 'if-none-match': etag })).status).toBe(304)
    expect((await ask({ 'if-none-match': '*' })).status).toBe(304)
    expect((await ask({ 'if-none-match': `"other", W/${etag}` })).status).toBe(304)
    expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200)
    expect((await ask({ 'if-modified-since': 'Mon, 03 Feb 2020 00:00:00 GMT' })).status).toBe(304)
    expect((await ask({ 'if-modified-since': 'Sun, 02 Feb 2020 00:00:00 GMT' })).status).toBe(200)
    expect((await ask({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206)
    expect((await ask({ range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200)
  })

  test.each([
    ['a.html', 'words', 'text/html; charset=utf-8'],
    ['a.HTM', '<meta charset="shift_jis">', 'text/html'],
    ['a.html', '<META http-equiv=content-type content="text/html; charset=big5">', 'text/html'],
    ['a.html', '\uFEFFwords', 'text/html'],
    ['a.html', `<title>${'t'.repeat(2000)}</title><meta charset=koi8-r>`, 'text/html'],
    ['a.html', '<?xml version="1.0" encoding="windows-1251"?><title>t</title>', 'text/html'],
    ['a.html', `<title>"<meta charset=koi8-r>"</title><p>`, 'text/html; charset=utf-8'],
    ['a.xml', '<?xml version="1.0" encoding="windows-1251"?><a/>', 'text/xml'],
    ['a.svg', '<svg/>', 'image/svg+xml'],
    ['a.css', 'a {}', 'text/css'],
    ['a.txt', 'words', 'text/plain; charset=utf-8'],
    ['a.js', 'words', 'text/javascript'],
    ['a.wasm', 'words', 'application/wasm'],
    ['a', 'words', 'application/octet-stream'],
    ['a.unheard-of', 'words', 'application/octet-stream'],
  ])('named %s with the content %j has the type %s', async (name, content, type) => {
    expect((await ask({}, { name, content })).headers.get('content-type')).toBe(type)
  })
})
