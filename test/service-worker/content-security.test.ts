import { expect, test } from 'vitest'
import { policyAllows } from '../../src/service-worker/content-security.ts'

const own = {
  script: new URL('https://site.example/a/libp2p-websocket.js'),
  workers: [new URL('https://site.example/a/relay-worker.js')],
}

test.each([
  '',
  "default-src 'self'",
  'script-src *',
  'script-src https:',
  'script-src http:',
  "script-src 'nonce-x' 'self'",
  'script-src site.example',
  'script-src *.example',
  'script-src https://site.example:443/a/',
  'script-src site.example/a/libp2p-websocket.js; worker-src https://site.example/a/relay-worker.js',
  "default-src 'none'; script-src-elem 'self'; worker-src 'self'",
  "script-src 'none'; script-src 'self'; script-src-elem 'self'; child-src 'self'",
  "img-src 'none', default-src 'self'",
  "require-trusted-types-for 'script'",
  "require-trusted-types-for 'script'; trusted-types other libp2p-websocket",
  'sandbox allow-scripts allow-same-origin',
])('a policy allows our script: %s', (policy) => {
  expect(policyAllows(policy, own)).toBe(true)
})

test.each([
  "script-src 'none'",
  "DEFAULT-SRC\t'none'",
  "script-src 'nonce-x'",
  "script-src 'self' 'nonce-x' 'strict-dynamic'",
  "script-src 'self'; worker-src 'none'",
  "script-src-elem 'self'; child-src other.example",
  "default-src 'self', script-src other.example",
  'script-src other.example',
  'script-src *.site.example',
  'script-src site.example:8443',
  'script-src site.example/b/',
  'script-src wss://site.example',
  "require-trusted-types-for 'script'; trusted-types other",
  'sandbox allow-scripts',
  'sandbox',
])('a policy blocks our script or its worker: %s', (policy) => {
  expect(policyAllows(policy, own)).toBe(false)
})
