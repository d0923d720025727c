import 'reflect-metadata'
import { createHash, webcrypto } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createServerChallenge, serverResponds } from '@libp2p/http-peer-id-auth'
import type { X509Certificate } from '@peculiar/x509'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const DAY_MS = 24 * 60 * 60_000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const TOKEN_TTL_MS = 60_000

/**
 * The part of an ACME server, and of the service that answers its challenge for others, that AutoTLS uses.
 */
export interface AcmeServer {
  directoryUrl: string
  forgeUrl: string
  /** The PEM of the authority that issues the certificates. */
  authority: string
  /** The requests to the forge to answer a challenge, in order. */
  asked: { peer: string; addresses: string[] }[]
  /** How many certificates were issued. */
  given: number
  /** While set, orders are refused with these words. */
  refusal: string | undefined
  close(): Promise<void>
}

/**
 * Listens on a free port of loopback. Certificates are also valid for 127.0.0.1, the only address a test can
 * dial.
 */
export async function startAcmeServer(): Promise<AcmeServer> {
  cryptoProvider.set(webcrypto as Crypto)
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 90 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  const forgeKey = await generateKeyPair('Ed25519')
  /** What the forge publishes in the DNS, only ever under the peer's name. */
  const answers = new Set<string>()
  let certificate = ''
  let orderedNames: string[] = []

  const http = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ detail: String(error) }))
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`

  const server: AcmeServer = {
    directoryUrl: `${origin}/directory`,
    forgeUrl: origin,
    authority: root.toString('pem'),
    asked: [],
    given: 0,
    refusal: undefined,
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    if (request.url === '/v1/_acme-challenge') return await forge(request, response, body)
    const { payload, account } = readJws(body)
    const answer = (status: number, content: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, {
        'replay-nonce': Math.random().toString(36).slice(2),
        'content-type':
          typeof content === 'string' ? 'application/pem-certificate-chain' : 'application/json',
        ...headers,
      })
      response.end(typeof content === 'string' ? content : JSON.stringify(content))
    }
    const challenge = { type: 'dns-01', url: `${origin}/challenge`, token: 'token' }
    const order = {
      identifiers: orderedNames.map((value) => ({ type: 'dns', value })),
      authorizations: [`${origin}/authorization`],
      finalize: `${origin}/finalize`,
      ...(certificate === '' ? {} : { certificate: `${origin}/certificate` }),
    }
    switch (request.url ?? '') {
      case '/directory': {
        const at = (path: string): string => `${origin}/${path}`
        return answer(200, { newNonce: at('nonce'), newAccount: at('account'), newOrder: at('order') })
      }
      case '/nonce':
        return answer(200, {})
      case '/account':
        return answer(201, { status: 'valid' }, { location: `${origin}/account/1` })
      case '/order': {
        if (server.refusal !== undefined) return answer(403, { detail: server.refusal })
        const { identifiers } = payload as { identifiers: { value: string }[] }
        orderedNames = identifiers.map(({ value }) => value)
        certificate = ''
        return answer(201, { ...order, status: 'pending' }, { location: `${origin}/order/1` })
      }
      case '/order/1':
        return answer(200, { ...order, status: certificate === '' ? 'ready' : 'valid' })
      case '/authorization':
        return answer(200, {
          identifier: { type: 'dns', value: orderedNames[0] },
          status: 'pending',
          challenges: [{ ...challenge, status: 'pending' }],
        })
      case '/challenge':
        if (answers.size === 0) throw new Error(`nobody answers for ${account}`)
        return answer(200, { ...challenge, status: 'valid' })
      case '/finalize':
        certificate = await issue((payload as { csr: string }).csr)
        server.given += 1
        return answer(200, { ...order, status: 'valid', certificate: `${origin}/certificate` })
      case '/certificate':
        return answer(200, `${certificate}\n${server.authority}`)
      default:
        return answer(404, {})
    }
  }

  /** Lends its DNS to peers that prove who they are, as libp2p's HTTP peer ID authentication has it. */
  async function forge(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const host = request.headers.host ?? ''
    const { authorization } = request.headers
    if (authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': await createServerChallenge(host, forgeKey) })
      response.end()
      return
    }
    const { peerId, info, authenticate } = await serverResponds(authorization, host, forgeKey, TOKEN_TTL_MS)
    if (authenticate !== undefined) {
      response.writeHead(401, { 'www-authenticate': authenticate })
      response.end()
      return
    }
    const { Value, Addresses } = JSON.parse(body) as { Value: string; Addresses: string[] }
    answers.add(createHash('sha256').update(Value).digest('base64url'))
    server.asked.push({ peer: peerId.toString(), addresses: Addresses })
    response.writeHead(200, info === undefined ? {} : { 'authentication-info': info })
    response.end()
  }

  async function issue(csr: string): Promise<string> {
    // The peer under test shares this process, and @libp2p/webrtc has set its own provider in the meantime.
    cryptoProvider.set(webcrypto as Crypto)
    const request = new Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
    const names = orderedNames.map((value) => ({ type: 'dns' as const, value }))
    const issued: X509Certificate = await X509CertificateGenerator.create({
      subject: request.subject,
      issuer: root.subject,
      notBefore: new Date(Date.now() - DAY_MS),
      notAfter: new Date(Date.now() + 60 * DAY_MS),
      signingAlgorithm: ALGORITHM,
      publicKey: request.publicKey,
      signingKey: keys.privateKey,
      extensions: [new SubjectAlternativeNameExtension([...names, { type: 'ip', value: '127.0.0.1' }])],
    })
    return PemConverter.encode(issued.rawData, 'CERTIFICATE')
  }

  return server
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

/** The content of a JSON Web Signature, which is not verified, and its key. */
function readJws(body: string): { payload: unknown; account: string } {
  if (body === '') return { payload: undefined, account: '' }
  const decode = (text: string): unknown =>
    text === '' ? undefined : JSON.parse(Buffer.from(text, 'base64url').toString())
  const { payload, protected: header } = JSON.parse(body) as { payload: string; protected: string }
  const { kid = '' } = decode(header) as { kid?: string }
  return { payload: decode(payload), account: kid }
}
