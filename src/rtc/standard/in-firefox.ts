/**
 * Whether this browser is Firefox. A worker has none of the classes that would show it, so the user agent
 * decides. Tab and worker belong to the same browser. Node 20, where this module is only tested, has no
 * `navigator`.
 */
export const IN_FIREFOX = /\bFirefox\//u.test(
  (globalThis.navigator as Navigator | undefined)?.userAgent ?? '',
)
