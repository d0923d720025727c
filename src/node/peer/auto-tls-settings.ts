/** How the peer gets a TLS certificate for its WebSocket addresses. */
export interface AutoTlsSettings {
  /** Directory for the keys and the certificate. Created with mode 0700 if missing. */
  directory: string
  /** URL of the ACME server's directory. Default Let's Encrypt. */
  acmeDirectory?: string
  /**
   * URL of the service that lends the name and answers the ACME challenge. Default
   * https://registration.libp2p.direct
   */
  forgeEndpoint?: string
  /** Domain under which names are lent. Default libp2p.direct. */
  forgeDomain?: string
  /** Milliseconds between a change of addresses and the request for a certificate. Default 5,000. */
  provisionDelay?: number
}
