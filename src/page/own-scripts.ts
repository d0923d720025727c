import type * as lender from '../rtc/lend-webrtc.ts'

/** The scripts beside `/libp2p-websocket.js`. */
export interface OwnScripts {
  readonly relayWorkerUrl: string
  relayWorker(options: WorkerOptions): SharedWorker
  rtcPump(): Worker
  /** What the script that lends WebRTC exports. Rejects if it cannot be loaded. */
  rtcLender(): Promise<typeof lender>
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
 */
export function ownScripts(base: URL): OwnScripts {
  const urlOf = (name: string): string => new URL(name, base).href
  const policy = makePolicy(urlOf)
  const trusted = (name: string): string => policy?.createScriptURL(name) ?? urlOf(name)
  return {
    relayWorkerUrl: urlOf('relay-worker.js'),
    relayWorker: (options) => new SharedWorker(trusted('relay-worker.js'), options),
    rtcPump: () => new Worker(trusted('rtc-pump.js')),
    rtcLender: () => import(/* @vite-ignore */ urlOf('rtc-lender.js')) as Promise<typeof lender>,
  }
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
