/** Returns why the peer can't run in this browser, in words for the user; undefined if it can. */
export function unsupportedReason(scope: typeof globalThis, scriptUrl: URL | undefined): string | undefined {
  const lack = lackOf(scope)
  if (lack !== undefined) return `${lack}, so no peer can run in it`
  if (scriptUrl === undefined) return 'the script must be loaded by <script src>, not as a module'
  return scriptUrl.origin === scope.origin
    ? undefined
    : `the script comes from ${scriptUrl.origin}: serve the package’s scripts from ${scope.origin}`
}

function lackOf(scope: typeof globalThis): string | undefined {
  if (scope.location.protocol === 'file:') {
    return 'this page was opened from a file, not loaded over https or from this machine'
  }
  if (!scope.isSecureContext) return 'this page was not loaded over https or from this machine'
  if (scope.origin === 'null') return 'this page is in a sandboxed frame'
  if (!('SharedWorker' in scope)) return 'this browser has no SharedWorker'
  if (!('locks' in scope.navigator)) return 'this browser has no Web Locks'
  return mayStore(scope) ? undefined : 'the browser lets this page store nothing'
}

/**
 * Returns whether storage is allowed. If cookies are blocked, localStorage throws, and SharedWorkers fail
 * too.
 */
function mayStore(scope: typeof globalThis): boolean {
  try {
    return 'length' in scope.localStorage
  } catch {
    return false
  }
}
