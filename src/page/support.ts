/** Why the peer cannot run inside this browser, in words for the one who sits before it; undefined if it can. */
export function unsupportedReason(scope: typeof globalThis, scriptUrl: URL | undefined): string | undefined {
  if (!scope.isSecureContext) {
    return 'this page was not loaded over https or from this machine, so no peer can run in it'
  }
  if (scope.origin === 'null')
    return 'this page has no origin of its own (a sandboxed frame), so no peer can run in it'
  if (!('SharedWorker' in scope)) return 'this browser has no SharedWorker, so no peer can run in it'
  if (!('locks' in scope.navigator)) return 'this browser has no Web Locks, so no peer can run in it'
  if (scriptUrl === undefined) return 'the script must be loaded by a <script src> that is not a module'
  if (scriptUrl.origin !== scope.origin) {
    return `the script comes from ${scriptUrl.origin}: serve the package’s scripts from ${scope.origin}, the page's own origin`
  }
  if (!mayStore(scope)) return 'the browser lets this page store nothing, so no peer can run in it'
  return undefined
}

/** Who forbids cookies forbids all storage, and SharedWorkers with it: what tells beforehand is that this throws. */
function mayStore(scope: typeof globalThis): boolean {
  try {
    return 'length' in scope.localStorage
  } catch {
    return false
  }
}
