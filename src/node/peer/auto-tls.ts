import { X509Certificate } from 'node:crypto'
import { autoTLS } from '@ipshipyard/libp2p-auto-tls'
import type { ComponentLogger, Logger, Startable, TLSCertificate } from '@libp2p/interface'
import { isStartable } from '@libp2p/interface'
import { keychain } from '@libp2p/keychain'
import { isLoopback, isPrivate } from '@libp2p/utils'
import { oneLine } from '../command-error.ts'
import type { AutoTlsSettings } from './auto-tls-settings.ts'
import { ForgeHttp } from './libp2p/forge-http.ts'
import { PrivateDatastore } from './private-datastore.ts'

/** Milliseconds between two checks for why there is no certificate yet. */
const CHECK_INTERVAL_MS = 60_000
/**
 * Most distinct failures that are reported. A server that words each failure differently must not fill the
 * log.
 */
const MAX_REPORTED_FAILURES = 16

type ServiceComponents = Parameters<ReturnType<typeof autoTLS>>[0]

/** The components of js-libp2p that this service uses. */
export type AutoTlsComponents = Pick<
  ServiceComponents,
  'privateKey' | 'peerId' | 'logger' | 'addressManager' | 'events' | 'nodeInfo'
>

/** Settings of {@link AutoTls}. */
export interface AutoTlsInit extends AutoTlsSettings {
  /** Receives one line: that there is a certificate, or why there is none. */
  warn: (line: string) => void
}

/**
 * Gets a TLS certificate for this peer from an ACME server such as Let's Encrypt, for a name under
 * `libp2p.direct`.
 *
 * js-libp2p's service requests and renews the certificate, and the WebSocket transport uses it. This class
 * stores it where only its owner can read it, and reports success and failure.
 */
export class AutoTls implements Startable {
  readonly [Symbol.toStringTag] = 'libp2p-websocket-auto-tls'
  readonly #components: AutoTlsComponents
  readonly #warn: (line: string) => void
  readonly #datastore: PrivateDatastore
  readonly #service: Startable & { certificate?: TLSCertificate }
  readonly #failures = new Set<string>()
  #why: string | undefined
  #life: AbortController | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(components: AutoTlsComponents, init: AutoTlsInit) {
    const { privateKey, peerId, addressManager, events, nodeInfo } = components
    const { directory, warn, ...settings } = init
    this.#components = components
    this.#warn = (line) => warn(`-autotls: ${line}`)
    this.#datastore = new PrivateDatastore(directory, warn)
    const logger = this.#reportingErrors(components.logger)
    const datastore = this.#datastore
    const service = autoTLS({
      ...settings,
      // The service that lends the name dials the address first, so no other peer needs to confirm it.
      autoConfirmAddress: true,
    })({
      privateKey,
      peerId,
      logger,
      addressManager,
      events,
      nodeInfo,
      datastore,
      keychain: keychain()({ datastore, logger }),
      http: new ForgeHttp({ privateKey, logger }).asService(),
    })
    if (!isStartable(service))
      throw new Error('@ipshipyard/libp2p-auto-tls has changed: it cannot be started')
    this.#service = service
  }

  /** When the certificate expires, in milliseconds since 1970. Undefined while there is none. */
  get certificateEndsMs(): number | undefined {
    const { certificate } = this.#service
    return certificate === undefined ? undefined : Date.parse(new X509Certificate(certificate.cert).validTo)
  }

  /** @throws Error if the directory for keys and certificate can't be used */
  async start(): Promise<void> {
    await this.#datastore.open()
    this.#life = new AbortController()
    const { signal } = this.#life
    const { events } = this.#components
    for (const name of ['certificate:provision', 'certificate:renew'] as const)
      events.addEventListener(name, ({ detail }) => this.#got(detail), { signal })
    await this.#service.start()
    if (this.#isOnLoopbackOnly()) this.#look()
    this.#timer = setInterval(() => this.#look(), CHECK_INTERVAL_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    this.#life?.abort()
    clearInterval(this.#timer)
    await this.#service.stop()
    await this.#datastore.close()
  }

  #got({ cert }: TLSCertificate): void {
    const { subjectAltName, validTo } = new X509Certificate(cert)
    this.#why = undefined
    this.#failures.clear()
    const [name] = (subjectAltName ?? '').replaceAll('DNS:', '').split(',')
    this.#warn(`there is a certificate for ${name ?? ''}, valid until ${new Date(validTo).toISOString()}`)
  }

  /** Reports why there is no certificate, if the reason has changed. */
  #look(): void {
    const why = this.#service.certificate === undefined ? this.#whyNone() : undefined
    if (why !== undefined && why !== this.#why) this.#warn(`there is no certificate: ${why}`)
    this.#why = why
  }

  /** Why no certificate is requested. Undefined if one is: its failures are reported when they happen. */
  #whyNone(): string | undefined {
    if (this.#isOnLoopbackOnly()) {
      return 'the peer listens on this machine only, and certificates are issued only for addresses that others can dial'
    }
    const addresses = this.#components.addressManager.getAddressesWithMetadata()
    const outside = addresses.filter(({ multiaddr }) => !isPrivate(multiaddr))
    if (outside.length === 0) {
      return 'no public address of this peer is known; give one with -announce, such as /ip4/…/tcp/…/ws'
    }
    if (outside.some(({ verified }) => verified)) return undefined
    const [{ multiaddr: first } = {}] = outside
    return `no other peer has confirmed yet that ${String(first)} can be dialled from outside; if it can, give it with -announce`
  }

  #isOnLoopbackOnly(): boolean {
    const { addressManager } = this.#components
    const known = addressManager.getAddressesWithMetadata().map(({ multiaddr }) => multiaddr)
    return [...addressManager.getListenAddrs(), ...known].every((address) => isLoopback(address))
  }

  /**
   * Returns a logger that also reports errors: js-libp2p's service only logs its failures, and tries again.
   */
  #reportingErrors(logger: ComponentLogger): ComponentLogger {
    return {
      forComponent: (name) => {
        const log = logger.forComponent(name)
        const error: Logger['error'] = (formatter, ...values: unknown[]) => {
          log.error(formatter, ...values)
          const reason = values.find((value) => value instanceof Error)
          if (reason !== undefined) this.#failed(oneLine(reason))
        }
        return Object.assign((...message: Parameters<Logger>) => log(...message), {
          error,
          trace: log.trace.bind(log),
          enabled: log.enabled,
          newScope: log.newScope.bind(log),
        })
      },
    }
  }

  #failed(why: string): void {
    if (this.#failures.has(why) || this.#failures.size >= MAX_REPORTED_FAILURES) return
    this.#failures.add(why)
    this.#warn(`no certificate was issued, and it is requested again: ${why}`)
  }
}
