import type { LateScripts } from './late-script.ts'
import { LATE_SCRIPT_EVENT } from './late-script.ts'

/** The scripts beside `/libp2p-websocket.js`. */
export interface OwnScripts {
  readonly relayWorkerUrl: string
  relayWorker(options: WorkerOptions): SharedWorker
  rtcPump(): Worker
  /** Loads the script, and resolves to its function. Rejects if that fails. */
  late<Name extends keyof LateScripts>(name: Name): Promise<LateScripts[Name]>
}

/** The parts of the Trusted Types API used here, for which TypeScript's DOM library has no types. */
interface ScriptUrlPolicy {
  createScriptURL(name: string): string
}
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy
}

/** The name that a `trusted-types` directive must allow. */
const POLICY = 'libp2p-websocket'

/**
 * Returns the scripts beside the one at `base`. Their URLs are trusted types, so pages can require those if
 * they allow the policy `libp2p-websocket`.
 *
 * @param nonce the nonce of the script at `base`, for content security policies with nonces
 */
export function ownScripts(base: URL, nonce: string): OwnScripts {
  const urlOf = (name: string): string => new URL(name, base).href
  const policy = makePolicy(urlOf)
  const trusted = (name: string): string => policy?.createScriptURL(name) ?? urlOf(name)
  return {
    relayWorkerUrl: urlOf('relay-worker.js'),
    relayWorker: (options) => new SharedWorker(trusted('relay-worker.js'), options),
    rtcPump: () => new Worker(trusted('rtc-pump.js')),
    late: (name) => run(trusted(name), nonce),
  }
}

/**
 * Runs a script by a script element, because after an `import()` Firefox would ignore the page's
 * later import maps. The element is removed immediately, because the page may compare its document with the
 * original.
 */
async function run<T>(url: string, nonce: string): Promise<T> {
  return await new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.addEventListener(LATE_SCRIPT_EVENT, (event) => resolve((event as CustomEvent<T>).detail))
    const failed = (): void => reject(new Error(`${url} does not load`))
    script.addEventListener('error', failed)
    // Fires after LATE_SCRIPT_EVENT if the script is the right one.
    script.addEventListener('load', failed)
    script.charset = 'utf-8'
    script.nonce = nonce
    script.src = url
    document.documentElement.append(script)
    script.remove()
  })
}

/** Returns undefined if the browser has no trusted types or the page doesn't allow this policy. */
function makePolicy(urlOf: (name: string) => string): ScriptUrlPolicy | undefined {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  try {
    return trustedTypes?.createPolicy(POLICY, { createScriptURL: urlOf })
  } catch (error) {
    console.debug('libp2p-websocket:', error)
    return undefined
  }
}
