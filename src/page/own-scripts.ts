import type { LendWebRTC } from './lender-event.ts'
import { LENDER_EVENT } from './lender-event.ts'

/** The scripts beside `/libp2p-websocket.js`. */
export interface OwnScripts {
  readonly relayWorkerUrl: string
  relayWorker(options: WorkerOptions): SharedWorker
  rtcPump(): Worker
  /** What the script that lends WebRTC has. Rejects if it cannot be loaded. */
  rtcLender(): Promise<LendWebRTC>
}

/** What this file needs of the Trusted Types API, of which TypeScript's DOM library has no types. */
interface ScriptUrlPolicy {
  createScriptURL(name: string): string
}
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy
}

/** As a content security policy with `trusted-types` has to name it. */
const POLICY = 'libp2p-websocket'

/**
 * The scripts that lie beside the one at `base`. Their URLs are trusted ones, so that a page may demand trusted types; it then
 * has to let in the policy `libp2p-websocket`.
 *
 * @param nonce that of the script at `base`, for a page whose content security policy goes by it
 */
export function ownScripts(base: URL, nonce: string): OwnScripts {
  const urlOf = (name: string): string => new URL(name, base).href
  const policy = makePolicy(urlOf)
  const trusted = (name: string): string => policy?.createScriptURL(name) ?? urlOf(name)
  return {
    relayWorkerUrl: urlOf('relay-worker.js'),
    relayWorker: (options) => new SharedWorker(trusted('relay-worker.js'), options),
    rtcPump: () => new Worker(trusted('rtc-pump.js')),
    rtcLender: () => runLender(trusted('rtc-lender.js'), nonce),
  }
}

/**
 * Runs `/rtc-lender.js`. By a script element, as `import()` would keep Firefox from heeding an import map of the page that comes
 * later; the element leaves the document at once, as the page may compare that with what it has made of it.
 */
async function runLender(url: string, nonce: string): Promise<LendWebRTC> {
  return await new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.addEventListener(LENDER_EVENT, (event) => resolve((event as CustomEvent<LendWebRTC>).detail))
    const failed = (): void => reject(new Error('rtc-lender.js cannot be loaded'))
    script.addEventListener('error', failed)
    // Comes behind that event where the script is what it should be.
    script.addEventListener('load', failed)
    script.charset = 'utf-8'
    script.nonce = nonce
    script.src = url
    document.documentElement.append(script)
    script.remove()
  })
}

/** Undefined where the browser has no trusted types, and where the page does not let this policy in. */
function makePolicy(urlOf: (name: string) => string): ScriptUrlPolicy | undefined {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  try {
    return trustedTypes?.createPolicy(POLICY, { createScriptURL: urlOf })
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}
