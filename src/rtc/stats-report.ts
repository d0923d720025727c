/** The standard's RTCStatsReport: the dictionaries of a moment by their IDs. */
export class RTCStatsReport extends Map<string, object> {
  override get [Symbol.toStringTag](): string {
    return 'RTCStatsReport'
  }
}
