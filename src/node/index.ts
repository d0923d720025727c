/**
 * The server of the Node build, for use in your own program. It works with any core that accepts control
 * sockets.
 *
 * The command lets its heap grow more between two garbage collections than V8 would by default
 * (`cli/heap.ts`). For the same in your own program, run `node --heap-growing-percent=300`.
 */
export type { ControlSocket, ControlSocketHandlers } from '../relay/control-socket.ts'
export type { KeyStore } from '../relay/identity.ts'
export type { AcceptOptions } from '../relay/relay.ts'
export { CommandError } from './command-error.ts'
export type { CommandErrorCode } from './command-error.ts'
export type { FileLayer } from './http/files.ts'
export type { KeyFileInit } from './peer/key-file.ts'
export { defaultKeyPath, keyFile } from './peer/key-file.ts'
export type { NodeRelay } from './peer/node-relay.ts'
export type { NodeRelayInit } from './peer/node-relay-init.ts'
export type { ServerCore } from './server-core.ts'
export type { Server, ServerInit } from './http/server.ts'
export { createServer } from './http/server.ts'
