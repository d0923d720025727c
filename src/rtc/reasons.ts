/** The default reason of a `LenderLostError`. Test for the class, not for this text. */
export const TAB_CLOSED = 'the tab that carried this connection was closed'

/** The message of the NotSupportedError when no tab can lend. */
export const NO_LENDER = 'no tab lends WebRTC'
