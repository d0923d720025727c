import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundle } from '../../support/bundle.ts'
import type { Chromium } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { serveSite } from '../../support/site.ts'

let directory: string
let chromium: Chromium

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtc-docs-'))
  chromium = await startChromium()
})

afterAll(async () => {
  await chromium?.close()
  await rm(directory, { recursive: true, force: true })
})

/** Two connections inside the worker connect, as in any page, and say hello. */
const HELLO = `
const answers = new BroadcastChannel('answers')
async function hello() {
  const [one, two] = [new RTCPeerConnection(), new RTCPeerConnection()]
  one.onicecandidate = ({ candidate }) => candidate && two.addIceCandidate(candidate)
  two.onicecandidate = ({ candidate }) => candidate && one.addIceCandidate(candidate)
  two.ondatachannel = ({ channel }) => {
    channel.onmessage = ({ data }) => answers.postMessage(data)
  }
  const channel = one.createDataChannel('hello')
  channel.onopen = () => channel.send('hello')
  await one.setLocalDescription()
  await two.setRemoteDescription(one.localDescription)
  await two.setLocalDescription()
  await one.setRemoteDescription(two.localDescription)
}
borrowed.onlenderschange = () => {
  borrowed.onlenderschange = null
  hello().catch((error) => answers.postMessage(String(error)))
}`

async function bundled(markdown: string, name: string, more = ''): Promise<string> {
  const code = markdown.split(`\`\`\`js ${name}\n`)[1]?.split('```')[0]
  if (code === undefined) throw new Error(`there is no block ${name}`)
  const entry = join(directory, `${name}.js`)
  const source = code.replaceAll("'libp2p-websocket/rtc'", JSON.stringify(resolve('src/rtc/index.ts')))
  await writeFile(entry, source + more)
  return bundle(entry)
}

test.each(['README.md', 'docs/webrtc-in-workers.md'])(
  'the code in %s lends WebRTC to a worker, where two connections say hello',
  async (file) => {
    const markdown = await readFile(file, 'utf8')
    const site = await serveSite({
      '/index.html': '<!doctype html><title>docs</title><link rel="icon" href="data:,">',
      '/page.js': await bundled(markdown, 'rtc-page'),
      '/worker.js': await bundled(markdown, 'rtc-worker', HELLO),
      '/rtc-pump.js': await bundle('src/rtc/pump/pump-worker.ts'),
    })
    try {
      const { page } = await chromium.open(`${site.origin}/index.html`)
      const answer = await page.evaluate(
        async () =>
          new Promise((resolve) => {
            new BroadcastChannel('answers').onmessage = ({ data }) => resolve(data)
            const script = document.createElement('script')
            script.src = '/page.js'
            document.head.append(script)
          }),
      )
      expect(answer).toBe('hello')
      await page.close()
    } finally {
      await site.close()
    }
  },
)
