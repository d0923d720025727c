import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readlink, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandError } from '../../src/node/command-error.ts'
import { openFiles } from '../../src/node/http/files.ts'
import { PAGE_POLICY } from '../../src/node/http/content-policy.ts'
import { MAX_PATH_SEGMENTS, MAX_TARGET_CHARACTERS } from '../../src/node/http/request-path.ts'
import type { Server } from '../../src/node/http/server.ts'
import { createServer } from '../../src/node/http/server.ts'
import { until } from '../support/until.ts'
import { echoCore } from './support/echo-core.ts'
import { get, raw } from './support/raw.ts'

let root: string
let server: Server

/** Files by their names below `root`. */
const FILES: Record<string, string> = {
  'outside.txt': 'OUTSIDE',
  'outside/secret.txt': 'OUTSIDE',
  'site-other/secret.txt': 'OUTSIDE',
  'upper/own.html': 'upper own',
  'upper/both.txt': 'upper both',
  'upper/sub/page.html': 'upper sub page',
  'upper/assets/app-0123abcd.js': 'user asset',
  'upper/with space & ünicode+,;=@.txt': 'odd name',
  'upper/100%.txt': 'percent',
  'upper/no-extension': 'plain',
  'upper/empty.txt': '',
  'upper/data.json': '{}',
  'a directory with the name of a file': 'a directory that is called like a file',
  'upper/.well-known/security.txt': 'Contact: x',
  'upper/.well-known/.secret': 'OUTSIDE',
  'upper/sub/.well-known/x.txt': 'OUTSIDE',
  'upper/what?#.txt': 'odd marks',
  'upper/shift_jis.html': '<!doctype html><meta charset=shift_jis><script src=follows.js></script>',
  'upper/late.html': `<head><style>${' '.repeat(3000)}</style><meta charset=koi8-r>`,
  'upper/xml.html': '<?xml version="1.0" encoding="windows-1251"?><!doctype html>',
  'upper/utf8.html': '<!doctype html><title>nothing said</title>',
  'upper/follows.js': 'script',
  'upper/follows.css': 'style',
  'upper/says.xml': '<?xml version="1.0" encoding="windows-1251"?><a/>',
  'upper/says.svg': '<?xml version="1.0" encoding="windows-1251"?><svg/>',
  'upper/plain.js': 'user script',
  'upper/plain.js.br': 'user file',
  'site/plain.js': 'the original',
  'site/packed.js': 'the original',
  'site/packed.js.br': 'brotli',
  'site/packed.js.gz': 'gzip it',
  'site/examples/chat.html': 'chat',
  'site/examples/own.html': 'covered',
  'upper/.hidden': 'OUTSIDE',
  'upper/.git/config': 'OUTSIDE',
  'upper/sub/.env': 'OUTSIDE',
  'lower/both.txt': 'lower both',
  'site/index.html': 'site index',
  'site/both.txt': 'site both',
  'site/examples/index.html': 'examples index',
  'site/examples/style.css': 'style',
  'site/assets/main-Ab3_x-9Z.js': 'hashed',
  'site/script.js': 'script',
  'site/relay-worker.js': 'worker',
  'site/deep/a/b/c.txt': 'deep',
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'files-'))
  for (const [name, content] of Object.entries(FILES)) {
    await mkdir(join(root, name, '..'), { recursive: true })
    await writeFile(join(root, name), content)
  }
  await symlink(join(root, 'outside.txt'), join(root, 'upper/link-out.txt'))
  await symlink('../outside', join(root, 'upper/link-directory'))
  await symlink('../site-other', join(root, 'site/sibling'))
  await symlink('own.html', join(root, 'upper/link-in.html'))
  await symlink('.hidden', join(root, 'upper/link-hidden.txt'))
  await symlink('loop', join(root, 'upper/loop'))
  await symlink('/etc/passwd', join(root, 'upper/passwd'))
  await promisify(execFile)('mkfifo', [join(root, 'upper/pipe.txt')])
  server = await createServer({
    core: echoCore(),
    port: 0,
    files: [
      { directory: join(root, 'upper'), native: true },
      { directory: join(root, 'lower'), native: true },
      {
        directory: join(root, 'site'),
        native: false,
        hashedDirectory: 'assets',
        compressed: true,
        moved: { 'chat.html': 'examples/chat.html', 'own.html': 'examples/own.html' },
      },
    ],
  })
})

afterAll(async () => {
  await server.close()
  await rm(root, { recursive: true, force: true })
})

test.each([
  ['/', 'site index', 'text/html; charset=utf-8'],
  ['/?query=1', 'site index', 'text/html; charset=utf-8'],
  ['/both.txt', 'upper both', 'text/plain; charset=utf-8'],
  ['/own.html', 'upper own', 'text/html; charset=utf-8'],
  ['/%6fwn.html', 'upper own', 'text/html; charset=utf-8'],
  ['/sub/page.html', 'upper sub page', 'text/html; charset=utf-8'],
  ['/examples/', 'examples index', 'text/html; charset=utf-8'],
  ['/examples/style.css', 'style', 'text/css; charset=utf-8'],
  ['/script.js', 'script', 'text/javascript; charset=utf-8'],
  ['/data.json', '{}', 'application/json; charset=utf-8'],
  ['/no-extension', 'plain', 'application/octet-stream'],
  ['/empty.txt', '', 'text/plain; charset=utf-8'],
  ['/deep/a/b/c.txt', 'deep', 'text/plain; charset=utf-8'],
  ['/link-in.html', 'upper own', 'text/html; charset=utf-8'],
  [`/${encodeURIComponent('with space & ünicode+,;=@.txt')}`, 'odd name', 'text/plain; charset=utf-8'],
  ['/100%25.txt', 'percent', 'text/plain; charset=utf-8'],
  ['/what%3f%23.txt', 'odd marks', 'text/plain; charset=utf-8'],
  ['/.well-known/security.txt', 'Contact: x', 'text/plain; charset=utf-8'],
])('%s serves the file of that name from the first directory that has one', async (target, body, type) => {
  const answer = await get(server.port, target)
  expect(answer).toMatchObject({ status: 200, body })
  expect(answer.headers.get('content-type')).toBe(type)
  expect(answer.headers.get('content-length')).toBe(String(body.length))
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  expect(answer.headers.get('referrer-policy')).toBe('same-origin')
})

test("the user's own files are marked, those of the site are not", async () => {
  expect((await get(server.port, '/own.html')).headers.get('libp2p-websocket')).toBe('native')
  expect((await get(server.port, '/script.js')).headers.has('libp2p-websocket')).toBe(false)
  expect((await get(server.port, '/none')).headers.has('libp2p-websocket')).toBe(false)
})

test('hashed files of the site are cached forever, everything else is revalidated', async () => {
  const cached = async (target: string) => (await get(server.port, target)).headers.get('cache-control')
  expect(await cached('/assets/main-Ab3_x-9Z.js')).toBe('public, max-age=31536000, immutable')
  expect(await cached('/assets/app-0123abcd.js')).toBe('no-cache')
  expect(await cached('/')).toBe('no-cache')
  expect(await cached('/script.js')).toBe('no-cache')
})

test('an unchanged file is not sent again, and a changed one is', async () => {
  const first = await get(server.port, '/own.html')
  const etag = first.headers.get('etag') ?? ''
  const second = await get(server.port, '/own.html', [`If-None-Match: ${etag}`])
  expect(second).toMatchObject({ status: 304, body: '' })
  expect(second.headers.get('libp2p-websocket')).toBe('native')
  await utimes(join(root, 'upper/own.html'), 1, 1)
  expect((await get(server.port, '/own.html', [`If-None-Match: ${etag}`])).status).toBe(200)
})

test('a client that has the file, by any of its validators or its date, is not sent the file again', async () => {
  const modified = (await get(server.port, '/both.txt')).headers.get('last-modified') ?? ''
  for (const condition of ['If-None-Match: *', `If-Modified-Since: ${modified}`]) {
    expect((await get(server.port, '/both.txt', [condition])).status, condition).toBe(304)
  }
  expect((await get(server.port, '/both.txt', ['If-Match: "other"'])).status).toBe(412)
})

test('a directory without its slash is redirected to the URL with it, keeping the query', async () => {
  const answer = await get(server.port, '/examples?a=%2f&b')
  expect(answer.status).toBe(308)
  expect(answer.headers.get('location')).toBe('./examples/?a=%2f&b')
})

test("below a proxy's path, a directory without its slash is redirected below that path", async () => {
  await mkdir(join(root, 'site/deep/a:b'), { recursive: true })
  await writeFile(join(root, 'site/deep/a:b/index.html'), 'deep')
  const location = (await get(server.port, '/deep/a:b')).headers.get('location') ?? ''
  // As a browser resolves it that requested the proxy's URL.
  expect(new URL(location, 'https://proxy.example/some/path/deep/a:b').href).toBe(
    'https://proxy.example/some/path/deep/a%3Ab/',
  )
})

test('a page that has moved is found under its old name, unless the user has a file of that name', async () => {
  const answer = await get(server.port, '/chat.html?room=1')
  expect(answer.status).toBe(308)
  expect(answer.headers.get('location')).toBe('./examples/chat.html?room=1')
  expect(await get(server.port, '/own.html')).toMatchObject({ status: 200, body: 'upper own' })
  expect((await get(server.port, '/chat.html/')).status).toBe(404)
})

test.each([
  ['/shift_jis.html', 'text/html'],
  ['/late.html', 'text/html'],
  ['/xml.html', 'text/html'],
  ['/utf8.html', 'text/html; charset=utf-8'],
  ['/follows.js', 'text/javascript'],
  ['/follows.css', 'text/css'],
  ['/says.xml', 'text/xml'],
  ['/says.svg', 'image/svg+xml'],
])("the user's file %s is served with the encoding that it declares", async (target, type) => {
  expect((await get(server.port, target)).headers.get('content-type')).toBe(type)
})

test.each([
  ['gzip, deflate, br, zstd', 'br', 'brotli'],
  ['gzip', 'gzip', 'gzip it'],
  ['gzip, br;q=0', 'gzip', 'gzip it'],
  ['*', 'br', 'brotli'],
  ['identity', undefined, 'the original'],
  ['br;q=0, gzip;q=0', undefined, 'the original'],
  ['', undefined, 'the original'],
])('a client that accepts %j gets a script of the site as %s', async (accepted, encoding, body) => {
  const headers = accepted === '' ? [] : [`Accept-Encoding: ${accepted}`]
  const answer = await get(server.port, '/packed.js', headers)
  expect(answer).toMatchObject({ status: 200, body })
  expect(answer.headers.get('content-encoding')).toBe(encoding)
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(answer.headers.get('content-length')).toBe(String(body.length))
  expect(answer.headers.get('vary')).toBe('accept-encoding')
})

test('each form of a script has its own validator and its own ranges', async () => {
  const packed = await get(server.port, '/packed.js', ['Accept-Encoding: br'])
  const plain = await get(server.port, '/packed.js')
  const etag = packed.headers.get('etag') ?? ''
  expect(etag).not.toBe(plain.headers.get('etag'))
  const again = await get(server.port, '/packed.js', ['Accept-Encoding: br', `If-None-Match: ${etag}`])
  expect(again.status).toBe(304)
  expect((await get(server.port, '/packed.js', [`If-None-Match: ${etag}`])).status).toBe(200)
  const part = await get(server.port, '/packed.js', ['Accept-Encoding: br', 'Range: bytes=1-2'])
  expect(part).toMatchObject({ status: 206, body: 'ro' })
  expect(part.headers.get('content-encoding')).toBe('br')
})

test("a file of the user's own is sent uncompressed", async () => {
  const answer = await get(server.port, '/plain.js', ['Accept-Encoding: br'])
  expect(answer).toMatchObject({ status: 200, body: 'user script' })
  expect(answer.headers.has('content-encoding')).toBe(false)
})

test.each([
  '/none',
  '/sub',
  '/sub/',
  '/own.html/',
  '/own.html/x',
  '/assets/',
  '/index.html/',
  '/examples/index',
])('%s does not exist', async (target) => {
  expect((await get(server.port, target)).status).toBe(404)
})

test.each([
  '/link-out.txt',
  '/link-directory/secret.txt',
  '/link-directory/',
  '/sibling/secret.txt',
  '/link-hidden.txt',
  '/passwd',
  '/loop',
  '/pipe.txt',
  '/.hidden',
  '/%2ehidden',
  '/.git/config',
  '/sub/.env',
  '/sub/%2Eenv',
  '/.well-known/x',
  '/.well-known/.secret',
  '/sub/.well-known/x.txt',
  '/.well-known',
  '/...',
  '/..outside.txt',
  `/${'a'.repeat(300)}`,
  '/a'.repeat(MAX_PATH_SEGMENTS + 1),
])('%s is refused with 404', async (target) => {
  const answer = await get(server.port, target)
  expect(answer.status).toBe(404)
  expect(answer.text).not.toContain('OUTSIDE')
})

test.each([
  '/../outside.txt',
  '/sub/../../outside.txt',
  '/..',
  '/../',
  '/.',
  '/./own.html',
  '/%2e%2e/outside.txt',
  '/%2E%2E/outside.txt',
  '/.%2e/outside.txt',
  '/%2e./outside.txt',
  '/..%2foutside.txt',
  '/..%2Foutside.txt',
  '/%2e%2e%2foutside.txt',
  '/sub%2fpage.html',
  '/..%5coutside.txt',
  '/..\\outside.txt',
  '\\..\\outside.txt',
  '/%5c..%5coutside.txt',
  '/own.html%00',
  '/%00',
  '/own.html%00.txt',
  '/own%0a.html',
  '/%7f',
  '/%c0%ae%c0%ae/outside.txt',
  '/%e0%80%ae%e0%80%ae/outside.txt',
  '/%',
  '/%2',
  '/%zz',
  '/%ff',
  '//own.html',
  '//outside.example/own.html',
  '/sub//page.html',
  '/own.html//',
  '/;/../outside.txt',
  '/own.html#x',
  'own.html',
  'http://127.0.0.1/own.html',
  'http://evil.example/own.html',
  '*',
])('%s is refused with 400', async (target) => {
  const answer = await get(server.port, target)
  expect(answer.status).toBe(400)
  expect(answer.text).not.toContain('OUTSIDE')
})

test('a path is decoded once: an encoded percent sign remains one', async () => {
  for (const target of ['/%252e%252e/outside.txt', '/..%252foutside.txt', '/%252ehidden']) {
    expect((await get(server.port, target)).status).toBeGreaterThanOrEqual(400)
  }
  expect((await get(server.port, '/%2525.txt')).status).toBe(404)
})

test('a raw NUL and a target with a space in the request line are refused', async () => {
  const host = `Host: 127.0.0.1:${server.port}\r\nConnection: close\r\n\r\n`
  expect((await raw(server.port, Buffer.from(`GET /own.html\0.txt HTTP/1.1\r\n${host}`))).status).toBe(400)
  expect((await raw(server.port, `GET /own.html /x HTTP/1.1\r\n${host}`)).status).toBe(400)
})

test('a URL that is too long gets 414, and one that is far too long 431', async () => {
  expect((await get(server.port, `/${'a'.repeat(MAX_TARGET_CHARACTERS)}`)).status).toBe(414)
  expect((await get(server.port, `/?${'a'.repeat(MAX_TARGET_CHARACTERS)}`)).status).toBe(414)
  expect((await get(server.port, `/${'a'.repeat(100_000)}`)).status).toBe(431)
})

test('only GET and HEAD are allowed', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const answer = await raw(
      server.port,
      `${method} /own.html HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Length: 0\r\n\r\n`,
    )
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET, HEAD')
  }
})

test('HEAD gets the headers of GET and no body', async () => {
  const answer = await raw(
    server.port,
    `HEAD /own.html HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n`,
  )
  expect(answer).toMatchObject({ status: 200, body: '' })
  expect(answer.headers.get('content-length')).toBe('9')
})

test.each([
  { range: 'bytes=0-4', status: 206, body: 'upper' },
  { range: 'bytes=6-', status: 206, body: 'own' },
  { range: 'bytes=6-999', status: 206, body: 'own' },
  { range: 'bytes=-3', status: 206, body: 'own' },
  { range: 'bytes=-999', status: 206, body: 'upper own' },
  { range: 'bytes=0-0', status: 206, body: 'u' },
  { range: 'bytes=9-', status: 416, body: 'the range is outside the file\n' },
  { range: 'bytes=5-2', status: 416, body: 'the range is outside the file\n' },
  { range: 'bytes=0-1,3-4', status: 200, body: 'upper own' },
  { range: 'bytes=-', status: 200, body: 'upper own' },
  { range: 'bytes=-0', status: 416, body: 'the range is outside the file\n' },
  { range: 'bytes=a-b', status: 200, body: 'upper own' },
  { range: 'bytes=99999999999999999999-', status: 416, body: 'the range is outside the file\n' },
  { range: 'lines=0-1', status: 200, body: 'upper own' },
])('Range $range gets $status', async ({ range, status, body }) => {
  expect(await get(server.port, '/own.html', [`Range: ${range}`])).toMatchObject({ status, body })
})

test('a range of a file that may have changed is answered with the whole file', async () => {
  const answer = await get(server.port, '/own.html', ['Range: bytes=0-1', 'If-Range: "x"'])
  expect(answer).toMatchObject({ status: 200, body: 'upper own' })
})

test('two requests on one connection are answered in order', async () => {
  const host = `Host: 127.0.0.1:${server.port}\r\n`
  const answer = await raw(
    server.port,
    `GET /own.html HTTP/1.1\r\n${host}\r\nGET /both.txt HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
  )
  expect(answer.text).toMatch(/upper ownHTTP\/1\.1 200 OK[^]*upper both$/)
})

test('a large file arrives whole, and a file that the client stops reading is closed', async () => {
  const path = join(root, 'upper/large.bin')
  const content = randomBytes(20_000_000)
  await writeFile(path, content)
  const response = await fetch(`${server.url}large.bin`)
  expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true)

  const isOpen = async () => {
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    )
    return links.includes(path)
  }
  const socket = connect(server.port, '127.0.0.1')
  socket.write(`GET /large.bin HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
  await once(socket, 'data')
  socket.pause()
  await until('the file to be open', isOpen)
  socket.destroy()
  await until('the file to be closed', async () => !(await isOpen()))
})

test('a file that shrinks while it is sent ends the connection, so the next answer is not corrupted', async () => {
  const path = join(root, 'upper/shrinks.bin')
  await writeFile(path, Buffer.alloc(50_000_000))
  const socket = connect(server.port, '127.0.0.1')
  for (const name of ['shrinks.bin', 'both.txt']) {
    socket.write(`GET /${name} HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
  }
  const [first] = (await once(socket, 'data')) as [Buffer]
  socket.pause()
  await truncate(path, 0)
  const got = [first]
  socket.on('data', (chunk: Buffer) => got.push(chunk))
  socket.on('error', () => socket.destroy())
  socket.resume()
  await once(socket, 'close')
  const all = Buffer.concat(got)
  expect(all.length).toBeLessThan(50_000_000)
  expect(all.includes('upper both')).toBe(false)
})

test('a missing directory, or one that is a file, is named in the error', async () => {
  for (const directory of [join(root, 'missing'), join(root, 'outside.txt')]) {
    const failed = openFiles([{ directory, native: true }])
    await expect(failed).rejects.toThrow(`no such directory: ${directory}`)
    await expect(failed).rejects.toBeInstanceOf(CommandError)
  }
})

test("the site's pages and workers have a content security policy; files served by -files don't", async () => {
  const policyOf = async (target: string) =>
    (await get(server.port, target)).headers.get('content-security-policy')
  expect(PAGE_POLICY).not.toMatch(/unsafe/u)
  expect(await policyOf('/')).toBe(`${PAGE_POLICY}; frame-ancestors 'none'`)
  expect(await policyOf('/examples/')).toBe(`${PAGE_POLICY}; frame-ancestors 'none'`)
  expect(await policyOf('/relay-worker.js')).toContain("default-src 'none'")
  expect(await policyOf('/script.js')).toBeUndefined()
  expect(await policyOf('/own.html')).toBeUndefined()
})
