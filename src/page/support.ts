/** Why the peer cannot run inside this browser, in words for the one who sits before it; undefined if it can. */
export function unsupportedReason(scope: typeof globalThis, scriptUrl: URL | undefined): string | undefined {
  if (!scope.isSecureContext) {
    return 'this page was not loaded over https or from this machine, so the browser lets no peer run in it'
  }
  if (scope.origin === 'null')
    return 'this page has no origin of its own (a sandboxed frame), so no peer can run for it'
  if (!('SharedWorker' in scope)) return 'this browser has no SharedWorker, in which the peer would run'
  if (!('locks' in scope.navigator))
    return 'this browser has no Web Locks, by which tabs and peer watch each other'
  if (scriptUrl === undefined) return 'the script must be loaded by a <script src> that is not a module'
  if (scriptUrl.origin !== scope.origin) {
    return `the script comes from ${scriptUrl.origin}, but the browser runs a page's peer only from the page's own origin: serve the package’s scripts from ${scope.origin}`
  }
  return undefined
}
