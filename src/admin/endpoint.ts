import type { ControlSocket, ControlSocketHandlers } from '../relay/index.ts'
import type { RelayStatus } from '../status/index.ts'
import type { Recorder } from './recorder.ts'
import type { AdminAnswers, AdminQuestion, AdminResponse, PeerSettings, SettingsReport } from './messages.ts'
import { InvalidSettingsError, encodeAdminMessage, readAdminRequest } from './messages.ts'

/** WebSocket close code (RFC 6455): a message that breaks the rules of this subprotocol. */
const POLICY_VIOLATION = 1008

/**
 * What the user of a browser's peer can set. Each method rejects with a message that can be shown to the
 * user.
 */
export interface AdminSettings {
  read(): Promise<SettingsReport>
  save(settings: PeerSettings): Promise<SettingsReport>
  /**
   * Stores `key` as the identity for the next start, or a new key if it is empty. Resolves to the peer ID.
   */
  setIdentity(key: string): Promise<string>
  /** Deletes the records that were set aside because they are not valid keys. */
  forgetDamagedKeys(): Promise<void>
  /** Ends the peer and its host shortly after the call returns. The next WebSocket starts them again. */
  shutDown(): void
  /** Stops the peer, deletes everything the host has stored, then ends the host. */
  eraseAndShutDown(): Promise<void>
}

/** What a host passes to its {@link AdminEndpoint}. */
export interface AdminEndpointInit {
  recorder: Recorder
  /** Takes a snapshot of the peer's status. */
  status(): RelayStatus
  /** Undefined where the peer is configured by command-line flags. */
  settings?: AdminSettings
}

/** Answers the site's pages about the peer: its status, its recorded messages and its settings. */
export class AdminEndpoint {
  readonly #init: AdminEndpointInit

  constructor(init: AdminEndpointInit) {
    this.#init = init
  }

  /**
   * Accepts a socket that was opened with the admin subprotocol; `client` is the name of its tab in the
   * status.
   */
  accept(socket: ControlSocket, client: string): ControlSocketHandlers {
    let isGone = false
    const answer = async (data: Uint8Array | string): Promise<void> => {
      const request = readAdminRequest(data)
      if (request === undefined) {
        socket.close(POLICY_VIOLATION, 'not a valid admin request')
        return
      }
      const { id, question } = request
      let response: AdminResponse
      try {
        response = { id, ok: true, answer: await this.#answer(question, client) }
      } catch (error) {
        response = {
          id,
          ok: false,
          message: error instanceof Error ? error.message : String(error),
          ...(error instanceof InvalidSettingsError ? { fields: [...error.fields] } : {}),
        }
      }
      // A client that doesn't read its answers may not ask more, so that answers don't pile up.
      if (!isGone && !socket.send(encodeAdminMessage(response))) socket.pause()
    }
    return {
      message: (data) => answer(data),
      drain: () => socket.resume(),
      closed: () => {
        isGone = true
      },
    }
  }

  async #answer(question: AdminQuestion, client: string): Promise<AdminAnswers[AdminQuestion['type']]> {
    const { recorder, settings } = this.#init
    switch (question.type) {
      case 'report': {
        const { isRecording: recording, carried } = recorder
        const status = this.#init.status()
        return { status, asking: client, recording, carried, maySet: settings !== undefined }
      }
      case 'record':
        recorder.record(question.on)
        if (question.forget) recorder.forget()
        return { recording: recorder.isRecording }
      case 'messages':
        return recorder.batch(question.from)
      case 'settings':
        return await this.#settings().read()
      case 'saveSettings':
        return await this.#settings().save(question.settings)
      case 'setIdentity':
        return { peer: await this.#settings().setIdentity(question.key) }
      case 'forgetDamagedKeys':
        await this.#settings().forgetDamagedKeys()
        return {}
      case 'restart':
        this.#settings().shutDown()
        return {}
      case 'forget':
        await this.#settings().eraseAndShutDown()
        return {}
      default:
        return question satisfies never
    }
  }

  #settings(): AdminSettings {
    if (this.#init.settings !== undefined) return this.#init.settings
    throw new Error('This peer is configured by the flags of its command.')
  }
}
