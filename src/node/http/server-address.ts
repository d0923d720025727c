/** The address that is listened on unless `-addr` says otherwise: this machine only. */
export const DEFAULT_ADDR = '127.0.0.1'
/** The port of 2020's program. */
export const DEFAULT_PORT = 8888
