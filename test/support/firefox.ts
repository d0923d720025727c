import { launch } from 'puppeteer-core'
import type { TestBrowser } from './chromium.ts'
import { startWithProfile } from './chromium.ts'
import { neededExecutable } from './installed-browsers.js'

/**
 * What keeps all traffic on this machine, beside the preferences that Puppeteer sets.
 *
 * Whatever service a later Firefox adds, it meets the proxy: everything but loopback is sent to a port where
 * nobody listens, without a look-up of its name, and nothing may go past the proxy. The rest stops the known
 * services from trying.
 */
const PREFERENCES = {
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.socks': '127.0.0.1',
  'network.proxy.socks_port': 9,
  'network.proxy.socks5_remote_dns': true,
  'network.proxy.no_proxies_on': 'localhost, 127.0.0.1, [::1]',
  'network.proxy.allow_bypass': false,
  'network.proxy.failover_direct': false,
  'network.dns.disablePrefetch': true,
  'network.prefetch-next': false,
  'network.trr.mode': 5,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'app.normandy.enabled': false,
  'app.shield.optoutstudies.enabled': false,
  'app.update.auto': false,
  'browser.region.network.url': '',
  'browser.region.update.enabled': false,
  'browser.safebrowsing.provider.google4.updateURL': '',
  'browser.safebrowsing.provider.mozilla.updateURL': '',
  'browser.topsites.contile.enabled': false,
  'datareporting.usage.uploadEnabled': false,
  'dom.push.connection.enabled': false,
  'extensions.systemAddon.update.enabled': false,
  // Two browsers on one machine meet on its own interface address, which an mDNS name would hide from the
  // other.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.gmp-manager.url': '',
  'media.gmp-provider.enabled': false,
  'messaging-system.rsexperimentloader.enabled': false,
  'toolkit.telemetry.enabled': false,
  'toolkit.telemetry.server': '',
  'toolkit.telemetry.unified': false,
}

/**
 * Starts a headless Firefox with a profile of its own: two of them share nothing. It speaks WebDriver BiDi.
 * The preferences come before those that every test has.
 */
export function startFirefox(preferences: Readonly<Record<string, unknown>> = {}): Promise<TestBrowser> {
  return startWithProfile('firefox-', (userDataDir) =>
    launch({
      browser: 'firefox',
      executablePath: neededExecutable('Firefox'),
      userDataDir,
      extraPrefsFirefox: { ...PREFERENCES, ...preferences },
      protocolTimeout: 120_000,
    }),
  )
}
