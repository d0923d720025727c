/** The default of `-addr`: accepts connections from this machine only. */
export const DEFAULT_ADDR = '127.0.0.1'
/** The default of `-port`, which is also the port of the 2020 program. */
export const DEFAULT_PORT = 8888
