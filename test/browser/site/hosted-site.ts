import type { Page } from 'puppeteer-core'
import type { Chromium, TestBrowser } from '../../support/chromium.ts'
import { startChromium } from '../../support/chromium.ts'
import { startFirefox } from '../../support/firefox.ts'
import type { NodeBuild } from '../../support/node-build.ts'
import { startNodeBuild } from '../../support/node-build.ts'
import type { StaticHost } from '../../support/static-host.ts'
import { startStaticHost } from '../../support/static-host.ts'

/**
 * Not one of this machine's names, which the service worker treats differently, but one of its network, from
 * which the browser lets the relay be reached without asking. No DNS server is asked for it.
 */
export const HOST_NAME = 'pages.local'
/** As GitHub Pages serves a project's site. */
const PATH = '/libp2p-websocket/'

/** The built site on a static host, below a path, with a relay that runs elsewhere. */
export interface HostedSite {
  host: StaticHost
  relay: NodeBuild
  /** `http://pages.local:PORT/libp2p-websocket/`. */
  url: string
  /** A browser for which the host has a public name and is secure. */
  browser(...more: string[]): Promise<Chromium>
  firefox(): Promise<TestBrowser>
  close(): Promise<void>
}

export async function startHostedSite(directory = 'dist/site'): Promise<HostedSite> {
  const relay = await startNodeBuild()
  const host = await startStaticHost(directory, PATH)
  const network = await (await fetch(`${relay.origin}/network.json`)).text()
  host.put('network.json', { type: 'application/json', body: network })
  const origin = `http://${HOST_NAME}:${host.port}`
  return {
    host,
    relay,
    url: origin + PATH,
    browser: (...more) =>
      startChromium(
        `--host-resolver-rules=MAP ${HOST_NAME} 127.0.0.1`,
        `--unsafely-treat-insecure-origin-as-secure=${origin}`,
        ...more,
      ),
    firefox: () =>
      startFirefox({
        'network.dns.localDomains': HOST_NAME,
        'network.proxy.no_proxies_on': `localhost, 127.0.0.1, [::1], ${HOST_NAME}`,
        'dom.securecontext.allowlist': HOST_NAME,
        // In Firefox a secure page loads its images over https.
        'security.mixed_content.upgrade_display_content': false,
      }),
    async close() {
      await host.close()
      await relay.stop()
    },
  }
}

/** The build of the service worker that controls the page, and of the peer's worker. */
export async function buildsOf(page: Page): Promise<{ serviceWorker: string; peer: string }> {
  return await page.evaluate(async () => {
    const serviceWorker = await new Promise<string>((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }) => resolve((data as { build: string }).build)
      navigator.serviceWorker.controller?.postMessage({ type: 'build' }, [port2])
    })
    const socket = new WebSocket('/libp2p', ['operator-1.libp2p-websocket'])
    socket.binaryType = 'arraybuffer'
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    const answer = new Promise<string>((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(new TextDecoder().decode(data as ArrayBuffer)))
    })
    socket.send(new TextEncoder().encode(JSON.stringify({ id: 0, question: { type: 'report' } })))
    const report = JSON.parse(await answer) as { answer: { status: { host: { version: string } } } }
    socket.close()
    return { serviceWorker, peer: report.answer.status.host.version }
  })
}
