import type { ControlSocket, ControlSocketHandlers } from '../relay/index.ts'
import type { RelayStatus } from '../status/index.ts'
import type { Inspector } from './recorder.ts'
import type {
  OperatorAnswers,
  OperatorQuestion,
  OperatorResponse,
  PeerSettings,
  SettingsReport,
} from './messages.ts'
import { encodeOperatorMessage, readOperatorRequest } from './messages.ts'

/** WebSocket close code (RFC 6455): a message that breaks the rules of this subprotocol. */
const POLICY_VIOLATION = 1008

/** What a browser's peer lets its user set; each of them rejects in words for the user. */
export interface DeskSettings {
  read(): Promise<SettingsReport>
  save(settings: PeerSettings): Promise<SettingsReport>
  /** Keeps an identity for the next start: KEY, or a new one if it is empty. Resolves to its peer ID. */
  setIdentity(key: string): Promise<string>
  /** Deletes the records that were set aside because they were no keys. */
  forgetDamagedKeys(): Promise<void>
  /** Ends the peer and its host, some time after the call. */
  restart(): void
  /** Deletes what the host keeps, then ends as {@link restart}. */
  forget(): Promise<void>
}

/** What a host gives to its desk. */
export interface DeskInit {
  inspector: Inspector
  /** How the peer is. */
  status(): RelayStatus
  /** Undefined where the peer is set up otherwise: by a command's flags. */
  settings?: DeskSettings
}

/** Answers those who run the peer: what it does, which messages pass, what it is set to. */
export class Desk {
  readonly #init: DeskInit

  constructor(init: DeskInit) {
    this.#init = init
  }

  /** Takes in a socket that was opened with the operator's subprotocol. */
  accept(socket: ControlSocket, client: string): ControlSocketHandlers {
    let isGone = false
    const answer = async (data: Uint8Array | string): Promise<void> => {
      const request = readOperatorRequest(data)
      if (request === undefined) {
        socket.close(POLICY_VIOLATION, 'that is no question of the operator')
        return
      }
      const { id, question } = request
      let response: OperatorResponse
      try {
        response = { id, ok: true, answer: await this.#answer(question, client) }
      } catch (error) {
        response = { id, ok: false, message: error instanceof Error ? error.message : String(error) }
      }
      // Who does not read is asked nothing more, so that answers do not pile up.
      if (!isGone && !socket.send(encodeOperatorMessage(response))) socket.pause()
    }
    return {
      message: (data) => answer(data),
      drain: () => socket.resume(),
      closed: () => {
        isGone = true
      },
    }
  }

  async #answer(
    question: OperatorQuestion,
    client: string,
  ): Promise<OperatorAnswers[OperatorQuestion['type']]> {
    const { inspector, settings } = this.#init
    switch (question.type) {
      case 'report': {
        const { isRecording: recording, carried } = inspector
        const status = this.#init.status()
        return { status, asking: client, recording, carried, maySet: settings !== undefined }
      }
      case 'record':
        inspector.record(question.on)
        if (question.forget) inspector.forget()
        return { recording: inspector.isRecording }
      case 'messages':
        return inspector.batch(question.from)
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
        this.#settings().restart()
        return {}
      case 'forget':
        await this.#settings().forget()
        return {}
      default:
        return question satisfies never
    }
  }

  #settings(): DeskSettings {
    if (this.#init.settings !== undefined) return this.#init.settings
    throw new Error('this peer is set up by the flags of its command')
  }
}
