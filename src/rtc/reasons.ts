/** The words with which connections end whose tab has gone. */
export const TAB_CLOSED = 'the tab that carried this connection was closed'

/** The words of the NotSupportedError when no tab is able. */
export const NO_LENDER = 'no tab lends WebRTC'
