import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CommandError } from '../../src/node/command-error.ts'
import type { Server } from '../../src/node/http/server.ts'
import { createServer } from '../../src/node/http/server.ts'
import { until } from '../support/until.ts'
import { SECRET, echoCore } from './support/echo-core.ts'
import { get, raw, upgradeRequest } from './support/raw.ts'

const core = echoCore()
let server: Server
let port: number

beforeAll(async () => {
  server = await createServer({
    core,
    port: 0,
    hosts: ['relay.example'],
    origins: ['https://friend.example'],
  })
  ;({ port } = server)
})

afterAll(async () => {
  await server.close()
})

/** A client's close frame, masked with zeros: the server answers it and ends the connection. */
const CLOSE_FRAME = Buffer.from([0x88, 0x80, 0, 0, 0, 0])

/** Opens a WebSocket with these headers, reads the first message, and closes it. */
function open(headers: readonly string[], target = '/libp2p') {
  return raw(port, Buffer.concat([Buffer.from(upgradeRequest(port, headers, target)), CLOSE_FRAME]))
}

test.each([
  { who: 'a program', headers: () => [] },
  { who: 'our own page', headers: () => [`Origin: http://127.0.0.1:${port}`] },
  { who: 'our own page by another name of ours', headers: () => [`Origin: http://localhost:${port}`] },
  {
    who: 'our own page on IPv6',
    headers: () => [`Host: [::1]:${port}`, `Origin: http://[::1]:${port}`],
  },
  {
    who: 'our own page, written in upper case',
    headers: () => [`HOST: LOCALHOST:${port}`, `ORIGIN: HTTP://LOCALHOST:${port}`],
  },
])('$who opens a WebSocket and gets the key', async ({ headers }) => {
  const answer = await open(headers())
  expect(answer.status).toBe(101)
  expect(answer.text).toContain(SECRET)
})

test.each([
  { who: 'a page of an added origin', headers: ['Origin: https://friend.example'] },
  {
    who: 'our own page behind a proxy',
    headers: ['Host: relay.example', 'Origin: https://relay.example', 'X-Forwarded-For: 192.0.2.1'],
  },
  { who: 'a program behind a proxy that says so', headers: ['X-Forwarded-For: 192.0.2.1'] },
  { who: 'a program that requests a network name', headers: ['Host: relay.example'] },
  ...[
    'CF-Connecting-IP: 192.0.2.1',
    'True-Client-IP: 192.0.2.1',
    'X-Forwarded-Host: relay.example',
    'X-Forwarded-Proto: https',
    'X-Client-IP: 192.0.2.1',
    'X-Cluster-Client-IP: 192.0.2.1',
    'Fly-Client-IP: 192.0.2.1',
    'CDN-Loop: example',
    'X-Original-Host: relay.example',
  ].map((line) => ({ who: `a program behind a proxy that sends only ${line}`, headers: [line] })),
])("$who opens a WebSocket and doesn't get the key", async ({ headers }) => {
  const answer = await open(headers)
  expect(answer.status).toBe(101)
  expect(answer.text).toContain('nothing')
  expect(answer.text).not.toContain(SECRET)
})

test.each([
  { who: 'a foreign page', headers: () => ['Origin: https://evil.example'], status: 403 },
  { who: 'a sandboxed page', headers: () => ['Origin: null'], status: 403 },
  { who: 'a page of a local file', headers: () => ['Origin: file://'], status: 403 },
  { who: 'an extension', headers: () => ['Origin: chrome-extension://aaaa'], status: 403 },
  {
    who: 'a page of this machine on another port',
    headers: () => ['Origin: http://127.0.0.1:1'],
    status: 403,
  },
  { who: 'our host over https', headers: () => [`Origin: https://localhost:${port + 1}`], status: 403 },
  {
    who: 'a rebound name, whose page is of its own origin',
    headers: () => [`Host: evil.example:${port}`, `Origin: http://evil.example:${port}`],
    status: 403,
  },
  { who: 'a rebound name without an origin', headers: () => [`Host: evil.example:${port}`], status: 403 },
  { who: 'the wrong port', headers: () => ['Host: 127.0.0.1:1'], status: 403 },
  { who: 'no port', headers: () => ['Host: 127.0.0.1'], status: 403 },
  {
    who: 'a foreign IPv6 literal',
    headers: () => [`Host: [::2]:${port}`],
    status: 403,
  },
  {
    who: 'two Hosts, of which the first is right',
    headers: () => [`Host: localhost:${port}`, 'Host: evil.example'],
    status: 400,
  },
  {
    who: 'two Hosts, of which the second is right',
    headers: () => ['Host: evil.example', `Host: localhost:${port}`],
    status: 400,
  },
  {
    who: 'two Origins, of which the first is right',
    headers: () => [`Origin: http://localhost:${port}`, 'Origin: https://evil.example'],
    status: 400,
  },
  { who: 'an empty Host', headers: () => ['Host:'], status: 400 },
  { who: 'an empty Origin', headers: () => ['Origin:'], status: 403 },
])(
  '$who gets $status for the upgrade and for every path, and no byte of the key',
  async ({ headers, status }) => {
    const upgrade = await open(headers())
    expect(upgrade.status).toBe(status)
    expect(upgrade.text).not.toContain(SECRET)
    for (const target of ['/', '/libp2p', '/network.json', '/status.json', '/metrics', '/none']) {
      const answer = await get(port, target, headers())
      expect([target, answer.status]).toEqual([target, status])
      expect(answer.headers.has('access-control-allow-origin')).toBe(false)
    }
  },
)

test('a foreign page gets no WebSocket in a browser of the old drafts either, which sends its origin in another header', async () => {
  const ofTheDraft = (origin: string) =>
    raw(
      port,
      Buffer.concat([
        Buffer.from(
          upgradeRequest(port, [`Sec-WebSocket-Origin: ${origin}`]).replace('Version: 13', 'Version: 8'),
        ),
        CLOSE_FRAME,
      ]),
    )
  const foreign = await ofTheDraft('https://evil.example')
  expect(foreign.status).toBe(403)
  expect(foreign.text).not.toContain(SECRET)
  expect((await ofTheDraft(`http://127.0.0.1:${port}`)).text).toContain(SECRET)
})

test.each(['GET /status.json', 'HEAD /libp2p', 'GET /none'])(
  '%s gets the same answer if the client also offers HTTP/2',
  async (line) => {
    const ask = (more: readonly string[]) =>
      raw(port, [`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...more, '', ''].join('\r\n'))
    const plain = await ask(['Connection: close'])
    const offering = await ask([
      'Connection: Upgrade, HTTP2-Settings, close',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ])
    expect(offering.status).toBe(plain.status)
    expect(offering.body).toBe(plain.body)
  },
)

test('a connection on which HTTP/2 was offered works as usual, and gets no other access', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const sockets = new Set<unknown>()
  const ask = async (host: string): Promise<number | undefined> => {
    const headers = { host, connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMA' }
    const asked = request({ port, path: '/network.json', agent, headers })
    asked.once('socket', (socket) => sockets.add(socket))
    const answered = once(asked, 'response')
    asked.end()
    const [answer] = (await answered) as [IncomingMessage]
    const ended = once(answer, 'end')
    answer.resume()
    await ended
    return answer.statusCode
  }
  try {
    expect([
      await ask(`127.0.0.1:${port}`),
      await ask(`localhost:${port}`),
      await ask('evil.example'),
    ]).toEqual([200, 200, 403])
    expect(sockets.size).toBe(1)
  } finally {
    agent.destroy()
  }
})

test('a request without Host is refused, even in HTTP/1.0', async () => {
  for (const version of ['1.0', '1.1']) {
    for (const target of ['/', '/status.json']) {
      expect((await raw(port, `GET ${target} HTTP/${version}\r\n\r\n`)).status).toBe(400)
    }
  }
  const request = upgradeRequest(port, []).replace(/Host:.*\r\n/, '')
  expect(request).not.toMatch(/host/i)
  expect((await raw(port, request)).status).toBe(400)
})

test('a WebSocket opens at /libp2p and nowhere else', async () => {
  expect((await open([], '/libp2p?x=1')).status).toBe(101)
  for (const target of ['/', '/libp2p/', '/libp2px', '/x/libp2p', '/LIBP2P']) {
    expect([target, (await open([], target)).status]).toEqual([target, 404])
  }
  for (const target of ['//libp2p', '/./libp2p', '/x/../libp2p', `http://127.0.0.1:${port}/libp2p`]) {
    expect([target, (await open([], target)).status]).toEqual([target, 400])
  }
})

test.each([
  { what: 'another protocol', change: ['Upgrade: websocket', 'Upgrade: h2c'], status: 426 },
  { what: 'another version', change: ['Version: 13', 'Version: 7'], status: 400 },
  { what: 'a bad key', change: ['dGhlIHNhbXBsZSBub25jZQ==', 'short'], status: 400 },
  { what: 'another method', change: ['GET', 'POST'], status: 405 },
] as const)('an upgrade with $what gets $status', async ({ change: [from, to], status }) => {
  expect((await raw(port, upgradeRequest(port, []).replace(from, to))).status).toBe(status)
})

test('a plain GET of /libp2p gets a sentence that says to upgrade', async () => {
  const answer = await get(port, '/libp2p')
  expect(answer.status).toBe(426)
  expect(answer.headers.get('upgrade')).toBe('websocket')
  expect(answer.headers.get('connection')).toBe('upgrade, close')
  expect(answer.body).toContain('new WebSocket("/libp2p")')
})

describe('the request that stops the server', () => {
  let stoppable: Server
  let stops = 0

  beforeAll(async () => {
    const requestStop = (): void => {
      stops += 1
    }
    stoppable = await createServer({
      core: { ...core, requestStop },
      port: 0,
      hosts: ['relay.example'],
      origins: ['https://friend.example'],
    })
  })

  afterAll(async () => {
    await stoppable.close()
  })

  const ask = (to: Server, headers: readonly string[], host = `127.0.0.1:${to.port}`) =>
    raw(
      to.port,
      ['POST /stop HTTP/1.1', `Host: ${host}`, 'Content-Length: 0', ...headers, '', ''].join('\r\n'),
    )
  const own = (): string => `Origin: http://127.0.0.1:${stoppable.port}`
  const HEADER = 'X-Libp2p-Websocket-Stop: 1'

  test.each([
    ['a form of our own page, which has no header', () => [own()], undefined],
    ['a program without an origin', () => [HEADER], undefined],
    ['a page of another origin', () => ['Origin: http://evil.example', HEADER], undefined],
    ['a page without an origin', () => ['Origin: null', HEADER], undefined],
    ['a page of an added origin', () => ['Origin: https://friend.example', HEADER], undefined],
    ['a page behind a proxy', () => [own(), HEADER, 'X-Forwarded-For: 192.0.2.1'], undefined],
    ['a page of another name', () => ['Origin: http://relay.example', HEADER], 'relay.example'],
  ])('is refused from %s', async (_, headers, host) => {
    expect((await ask(stoppable, headers(), host)).status).toBe(403)
    expect(stops).toBe(0)
  })

  test('is not known where the command may not be stopped', async () => {
    const answer = await ask(server, [`Origin: http://127.0.0.1:${port}`, HEADER])
    expect(answer.status).toBe(405)
  })

  test('is obeyed from our own page on this machine', async () => {
    const answer = await ask(stoppable, [own(), HEADER])
    expect(answer.status).toBe(202)
    await until('the stop', () => stops === 1)
  })
})

test('metrics are in the text format of Prometheus, and not cached', async () => {
  await until('the clients of the other tests to be gone', () => core.present === 0)
  const answer = await get(port, '/metrics')
  expect(answer).toMatchObject({ status: 200, body: 'clients 0\n' })
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

test('the network and status documents are created for each request, and not cached', async () => {
  for (const target of ['/network.json', '/status.json']) {
    const answer = await get(port, target)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  }
  expect(JSON.parse((await get(port, '/network.json')).body)).toEqual({
    relays: [],
    bootstrap: [],
    delegatedRouting: [],
    iceServers: [],
  })
  await until('the clients of the other tests to be gone', () => core.present === 0)
  expect(JSON.parse((await get(port, '/status.json')).body)).toEqual({ clients: 0 })
})

test.each(['/status.json', '/metrics'])(
  'pages of other sites cannot read %s, even by requests without an Origin',
  async (target) => {
    for (const site of ['cross-site', 'same-site', 'CROSS-SITE']) {
      expect((await get(port, target, [`Sec-Fetch-Site: ${site}`])).status).toBe(403)
    }
    for (const site of ['same-origin', 'none']) {
      expect((await get(port, target, [`Sec-Fetch-Site: ${site}`])).status).toBe(200)
    }
  },
)

test('an added origin may read the documents', async () => {
  for (const target of ['/network.json', '/status.json']) {
    const answer = await get(port, target, ['Origin: https://friend.example', 'Sec-Fetch-Site: cross-site'])
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://friend.example')
    expect(answer.headers.get('vary')).toBe('origin')
  }
})

test('a document that cannot be created gives a 500 with one line, and the server keeps running', async () => {
  const warnings: string[] = []
  const broken = await createServer({
    core: {
      ...echoCore(),
      network: () => Promise.reject(new Error('no network\nat all')),
      status: () => ({ big: 1n }),
    },
    port: 0,
    warn: (line) => warnings.push(line),
  })
  try {
    for (const target of ['/network.json', '/status.json']) {
      const answer = await get(broken.port, target)
      expect(answer).toMatchObject({ status: 500, body: 'the server failed; its log has the reason\n' })
    }
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toBe('a request failed: no network at all')
    expect((await get(broken.port, '/none')).status).toBe(404)
  } finally {
    await broken.close()
  }
})

test('a request that is not HTTP gets 400, and nobody else notices', async () => {
  for (const bytes of [
    '\r\n\r\n\0\0\0',
    'hello\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000',
  ]) {
    expect([bytes, (await raw(port, bytes)).status]).toEqual([bytes, 400])
  }
  const smuggled =
    `GET /none HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
    'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET'
  expect((await raw(port, smuggled)).status).toBe(400)
  expect((await open([])).status).toBe(101)
})

test('headers that never end time out', async () => {
  const hasty = await createServer({ core: echoCore(), port: 0, headersTimeoutMs: 50 })
  try {
    const answer = await raw(hasty.port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${hasty.port}\r\n`)
    expect(answer.status).toBe(408)
  } finally {
    await hasty.close()
  }
})

test('a port in use is named in one line', async () => {
  const second = createServer({ core: echoCore(), port })
  await expect(second).rejects.toThrow(
    `cannot listen on 127.0.0.1, port ${port}: another program is listening there; choose another port with -port`,
  )
  await expect(second).rejects.toBeInstanceOf(CommandError)
})

test("an address that this machine doesn't have is named in one line", async () => {
  await expect(createServer({ core: echoCore(), port: 0, addr: '192.0.2.254' })).rejects.toThrow(
    /^cannot listen on 192\.0\.2\.254, port 0: /,
  )
})

test.each([
  { addr: '::1', url: /^http:\/\/\[::1\]:\d+\/$/, host: '::1' },
  { addr: '[::1]', url: /^http:\/\/\[::1\]:\d+\/$/, host: '::1' },
  { addr: '127.0.0.2', url: /^http:\/\/127\.0\.0\.2:\d+\/$/, host: '127.0.0.2' },
])('a server on $addr reports its URL, and accepts that name', async ({ addr, url, host }) => {
  const other = await createServer({ core: echoCore(), port: 0, addr })
  try {
    expect(other.url).toMatch(url)
    const request = `GET /none HTTP/1.1\r\nHost: ${new URL(other.url).host}\r\nConnection: close\r\n\r\n`
    expect((await raw(other.port, request, host)).status).toBe(404)
  } finally {
    await other.close()
  }
})
