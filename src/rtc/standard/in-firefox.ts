/**
 * Whether this browser is Firefox. A worker has none of the classes by which a page could tell, and tab and
 * worker belong to the same browser.
 */
export const IN_FIREFOX = /\bFirefox\//u.test(globalThis.navigator?.userAgent ?? '')
