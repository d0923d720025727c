import type { autoTLS } from '@ipshipyard/libp2p-auto-tls'
import type { ComponentLogger, PrivateKey } from '@libp2p/interface'

/** js-libp2p's HTTP service. */
type Http = Parameters<ReturnType<typeof autoTLS>>[0]['http']
type FetchInit = NonNullable<Parameters<Http['fetch']>[1]>
type Middleware = ReturnType<NonNullable<FetchInit['middleware']>[number]>
type MiddlewareOptions = Parameters<NonNullable<Middleware['prepareRequest']>>[1]

/**
 * The only method of js-libp2p's HTTP service that AutoTLS calls: the platform's `fetch`, with the headers of
 * its middleware.
 *
 * The service itself also supports HTTP over libp2p, with a version of undici that Node 20 cannot load.
 */
export class ForgeHttp {
  readonly #components: { privateKey: PrivateKey; logger: ComponentLogger }

  constructor(components: { privateKey: PrivateKey; logger: ComponentLogger }) {
    this.#components = components
  }

  /** Returns this object as js-libp2p's service, whose other methods AutoTLS does not call. */
  asService(): Http {
    return this as unknown as Http
  }

  async fetch(resource: unknown, init: FetchInit = {}): Promise<Response> {
    const url = new URL(String(resource))
    const middleware = (init.middleware ?? []).map((make) => make({ ...this.#components, http: this }))
    const headers = new Headers(init.headers)
    const options: MiddlewareOptions = { ...init, method: init.method ?? 'GET', headers, middleware }
    for (const one of middleware) await one.prepareRequest?.(url, options)
    const { middleware: _, ...request } = init
    let response = await fetch(url, { ...request, headers })
    for (const one of middleware) response = (await one.processResponse?.(url, options, response)) ?? response
    return response
  }
}
