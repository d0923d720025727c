import type { Configuration } from '../messages/messages.ts'
import type { CheckedConfiguration } from '../standard/configuration.ts'
import {
  checkConfiguration,
  checkModification,
  configurationOf,
  givenConfiguration,
} from '../standard/configuration.ts'

/** The configuration of one borrowed connection: as it was set last, and as the tab has confirmed it. */
export class ConfigurationRecord {
  #current: CheckedConfiguration
  /** What the tab was asked to make the connection with. */
  #sent: CheckedConfiguration
  #confirmed = checkConfiguration(undefined)
  #gathers = false

  /** Throws what the browser's constructor of RTCPeerConnection throws. */
  constructor(configuration: unknown) {
    this.#current = checkConfiguration(configuration)
    this.#sent = this.#current
  }

  /**
   * The only tab that can carry the connection, because it holds the certificates; undefined if every tab
   * can.
   */
  get lender(): object | undefined {
    return this.#current.lender
  }

  /** A fresh object for each call of `getConfiguration`. */
  get(): RTCConfiguration {
    return configurationOf(this.#current)
  }

  /** Returns what a tab makes the connection with. */
  send(): Configuration {
    this.#sent = this.#current
    return this.#current.posted
  }

  /** The tab has made the connection with what was sent. */
  confirmSent(): void {
    this.#confirmed = this.#sent
  }

  /** Call for `setLocalDescription`, after which the size of the candidate pool may not change. */
  startGathering(): void {
    this.#gathers = true
  }

  /**
   * Checks the argument of `setConfiguration`; throws what the browser's own throws. `check` runs between its
   * two steps, and may throw.
   */
  checkModification(configuration: unknown, check: () => void): CheckedConfiguration {
    const given = givenConfiguration(configuration)
    check()
    return checkModification(this.#current, given, this.#gathers)
  }

  set(configuration: CheckedConfiguration): void {
    this.#current = configuration
  }

  /** The tab has set the configuration. */
  confirm(configuration: CheckedConfiguration): void {
    this.#confirmed = configuration
  }

  /** Returns to the configuration that the tab confirmed last: the others were never in force. */
  revert(): void {
    this.#current = this.#confirmed
  }
}
