import { launch } from 'puppeteer-core'
import type { TestBrowser } from './chromium.ts'
import { startWithProfile } from './chromium.ts'
import { neededExecutable } from './installed-browsers.js'

/**
 * What keeps all traffic on this machine, besides the preferences that Puppeteer sets.
 * Any service that a later Firefox adds meets the proxy: everything except loopback is sent, without a DNS
 * lookup, to a port where nobody listens, and nothing may bypass the proxy. The other preferences stop the
 * known services from trying.
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
  // Two browsers on one machine connect over its own interface address, which an mDNS name would hide from
  // the other.
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.gmp-manager.url': '',
  'media.gmp-provider.enabled': false,
  'messaging-system.rsexperimentloader.enabled': false,
  'toolkit.telemetry.enabled': false,
  'toolkit.telemetry.server': '',
  'toolkit.telemetry.unified': false,
}

/**
 * Starts a headless Firefox with a profile of its own, so that two of them share nothing. It speaks WebDriver
 * BiDi. The preferences come before those of every test.
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
