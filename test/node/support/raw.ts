import { connect } from 'node:net'

/** What a raw connection received. */
export interface RawAnswer {
  /** 0 if the connection ended without an answer. */
  status: number
  headers: Map<string, string>
  body: string
  /** Everything, unchanged. */
  text: string
}

/** Sends the bytes unchanged and returns everything that comes back until the server ends the connection. */
export async function raw(port: number, request: string | Buffer, host = '127.0.0.1'): Promise<RawAnswer> {
  const text = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, host, () => socket.write(request))
    const timer = setTimeout(
      () => reject(new Error('waited 20000 ms for the server to end the connection')),
      20_000,
    )
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).toString('latin1'))
    })
  })
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [first = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n'), text }
}

/** A GET whose target and headers are sent unchanged; `Host` is right unless `headers` has one. */
export function get(port: number, target: string, headers: readonly string[] = []): Promise<RawAnswer> {
  const host = headers.some((line) => /^host:/iu.test(line)) ? [] : [`Host: 127.0.0.1:${port}`]
  return raw(port, [`GET ${target} HTTP/1.1`, ...host, ...headers, 'Connection: close', '', ''].join('\r\n'))
}

/** The upgrade request that a browser sends to open a WebSocket, with other headers than its own. */
export function upgradeRequest(port: number, headers: readonly string[], target = '/libp2p'): string {
  const host = headers.some((line) => /^host:/iu.test(line)) ? [] : [`Host: 127.0.0.1:${port}`]
  return [
    `GET ${target} HTTP/1.1`,
    ...host,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
    '',
    '',
  ].join('\r\n')
}
