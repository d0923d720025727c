import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'

const THROUGH_RELAYS = 'Streams between browsers go through relays meanwhile.'

const FAILING: Finding = {
  id: 'webrtc-failing',
  severity: 'warning',
  text: 'No direct connection came to the last peers that were tried, so streams to browsers go through relays. The browser may hide its addresses from WebRTC, or this machine may have no network but itself.',
  action:
    'See whether the browser or an extension protects against WebRTC leaks, and allow this site there. Direct connections are tried again all the time.',
}

/** What is to be said of WebRTC, by which browsers reach each other directly. Before the peer runs, it says nothing. */
export function webRtcFindings({ host, peer, transports, tabs }: RelayStatus): Finding[] {
  const why = transports.find(({ name }) => name === 'webrtc')?.why
  if (peer === undefined) return []
  if (why === undefined) return peer.directFails === true ? [FAILING] : []
  switch (why) {
    case 'blocked':
      return [
        {
          id: 'webrtc-blocked',
          severity: 'warning',
          text: `Something keeps the tabs from WebRTC, the direct way between browsers: a policy of the page, an extension, or a setting of the browser. ${THROUGH_RELAYS}`,
          action:
            'Allow WebRTC for this site in the browser and its extensions. A page with a content security policy must let rtc-lender.js and rtc-pump.js in.',
        },
      ]
    case 'unsupported':
      if (host.kind === 'program') {
        return [
          {
            id: 'webrtc-unsupported',
            severity: 'warning',
            text: 'This program has no WebRTC, because its package node-datachannel could not be loaded. Browsers reach it by WebSocket only.',
            action:
              'Install it anew on this machine: npm downloads the part of node-datachannel that is made for its platform.',
          },
        ]
      }
      return [
        {
          id: 'webrtc-unsupported',
          severity: 'warning',
          text: `This browser has no WebRTC, the direct way between browsers, or it is switched off. ${THROUGH_RELAYS}`,
          action:
            'Switch it on in the settings of the browser, or use one that has it: Chromium, Firefox, Safari.',
        },
      ]
    case 'budget-spent':
      return [
        {
          id: 'webrtc-budget-spent',
          severity: 'warning',
          text: `The tabs have made as many WebRTC connections as this browser allows for the moment. ${THROUGH_RELAYS}`,
          action: 'Wait a minute, or open one more tab of this site.',
        },
      ]
    case 'no-lender': {
      // A tab that has just been opened takes a moment.
      const comes = tabs?.some(({ webrtc }) => webrtc === 'comes') === true
      return [
        {
          id: 'webrtc-no-lender',
          severity: comes ? 'info' : 'warning',
          text: `No tab lends WebRTC, the direct way between browsers, at the moment. ${THROUGH_RELAYS}`,
          action: comes ? '' : 'Keep a tab of this site open.',
        },
      ]
    }
    default:
      return why satisfies never
  }
}
