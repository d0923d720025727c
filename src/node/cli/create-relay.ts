import { dirname, join } from 'node:path'
import type { AutoTlsSettings } from '../peer/auto-tls-settings.ts'
import { defaultKeyPath, keyFile } from '../peer/key-file.ts'
import type { CreateNodeRelay, NodeRelay } from '../peer/node-relay.ts'
import type { NodeFlags } from './flags.ts'

/** What {@link createRelay} needs besides the flags. */
export interface CreateRelayInit {
  version: string
  createRelay: CreateNodeRelay
  /** Takes lines for standard error. */
  warn: (line: string) => void
}

/**
 * Makes the relay that the flags describe, without starting its peer. Rejects if the stored key is invalid,
 * so that this is reported before a page first needs the peer.
 */
export async function createRelay(
  flags: NodeFlags,
  { version, createRelay: create, warn }: CreateRelayInit,
): Promise<NodeRelay> {
  const keyStore = keyFile({ path: defaultKeyPath(), warn })
  if (flags.key === undefined) await keyStore.load()
  return await create({
    version,
    listen: flags.listen,
    announce: flags.announce,
    peers: flags.peers,
    noPeers: flags.noPeers,
    circuitRelay: flags.relay,
    circuitRelayLimits: flags.circuitRelayLimits,
    metrics: flags.metrics,
    ...(flags.autoTls ? { autoTls: autoTlsSettings(flags) } : {}),
    ...(flags.fakeNat === undefined ? {} : { fakeNat: flags.fakeNat }),
    ...(flags.key === undefined ? {} : { key: flags.key }),
    ...(flags.forwarding === undefined ? {} : { forwarding: flags.forwarding }),
    keyStore,
    warn,
  })
}

/** The certificate's key is a secret too, so it is stored next to the peer's key. */
function autoTlsSettings({ autoTlsCa }: NodeFlags): AutoTlsSettings {
  return {
    directory: join(dirname(defaultKeyPath()), 'autotls'),
    ...(autoTlsCa === undefined ? {} : { acmeDirectory: autoTlsCa }),
  }
}
