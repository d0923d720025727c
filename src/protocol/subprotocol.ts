/**
 * The WebSocket subprotocol that adds messages to the protocol of 2020. Its number rises with every change
 * that an older client or relay would not understand.
 */
export const SUBPROTOCOL = 'libp2p-websocket.1'

/** The subprotocol of a control socket, as in `WebSocket.protocol`. Empty for the protocol of 2020. */
export type Subprotocol = '' | typeof SUBPROTOCOL

/** The lowest opcode, in either direction, that only the subprotocol has. */
export const FIRST_SUBPROTOCOL_OPCODE = 16
