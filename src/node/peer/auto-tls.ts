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

/** Milliseconds between looks at why there is no certificate yet; the first is after one of them. */
const CHECK_INTERVAL_MS = 60_000
/** Different lines that are said about failures, so that a server that words each of them anew does not fill a log. */
const MAX_FAILURES_SAID = 16

type ServiceComponents = Parameters<ReturnType<typeof autoTLS>>[0]

/** What js-libp2p gives to a service, as far as it is needed here. */
export type AutoTlsComponents = Pick<
  ServiceComponents,
  'privateKey' | 'peerId' | 'logger' | 'addressManager' | 'events' | 'nodeInfo'
>

/** How a certificate is got, and who is told. */
export interface AutoTlsInit extends AutoTlsSettings {
  /** Told in one line each: that there is a certificate, or why there is none. */
  warn: (line: string) => void
}

/**
 * A certificate for this peer, from an ACME server such as Let's Encrypt, for a name that the service at `libp2p.direct` lends to
 * every libp2p peer. js-libp2p's own service asks for it and renews it, and the WebSocket transport uses it; this keeps it
 * where only its owner can read it, and says in words how it stands.
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
    const logger = this.#tellingErrors(components.logger)
    const datastore = this.#datastore
    const service = autoTLS({
      ...settings,
      // Whoever lends the name has dialled the address before: nobody else need confirm it.
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
    if (!isStartable(service)) throw new Error('@ipshipyard/libp2p-auto-tls has changed: it does not start')
    this.#service = service
  }

  /** When the certificate ends, in milliseconds since 1970; undefined while there is none. */
  get certificateEndsMs(): number | undefined {
    const { certificate } = this.#service
    return certificate === undefined ? undefined : Date.parse(new X509Certificate(certificate.cert).validTo)
  }

  /** @throws Error the directory for keys and certificate cannot be used */
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
    this.#warn(`there is a certificate for ${name ?? ''}, until ${new Date(validTo).toISOString()}`)
  }

  /** Says why there is no certificate, unless that was the last word. */
  #look(): void {
    const why = this.#service.certificate === undefined ? this.#whyNone() : undefined
    if (why !== undefined && why !== this.#why) this.#warn(`there is no certificate: ${why}`)
    this.#why = why
  }

  /** Undefined if one is being asked for: what then fails is said when it fails. */
  #whyNone(): string | undefined {
    if (this.#isOnLoopbackOnly()) {
      return 'the peer listens on this machine only, and one is given for addresses that others can dial'
    }
    const addresses = this.#components.addressManager.getAddressesWithMetadata()
    const outside = addresses.filter(({ multiaddr }) => !isPrivate(multiaddr))
    if (outside.length === 0) {
      return 'no public address of this peer is known; -announce names one, as /ip4/…/tcp/…/ws'
    }
    if (outside.some(({ verified }) => verified)) return undefined
    const [{ multiaddr: first } = {}] = outside
    return `nobody has confirmed yet that ${String(first)} can be dialled from outside; -announce says that it can`
  }

  #isOnLoopbackOnly(): boolean {
    const { addressManager } = this.#components
    const known = addressManager.getAddressesWithMetadata().map(({ multiaddr }) => multiaddr)
    return [...addressManager.getListenAddrs(), ...known].every((address) => isLoopback(address))
  }

  /** The service tells of its failures by its log alone, and tries again. */
  #tellingErrors(logger: ComponentLogger): ComponentLogger {
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
    if (this.#failures.has(why) || this.#failures.size >= MAX_FAILURES_SAID) return
    this.#failures.add(why)
    this.#warn(`the certificate was not given, and is asked for again: ${why}`)
  }
}
