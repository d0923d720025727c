import type { Finding } from './diagnosis.ts'
import type { RelayStatus } from './status.ts'

const THROUGH_RELAYS = 'Streams between browsers go through circuit relays instead.'

const FAILING: Finding = {
  id: 'webrtc-failing',
  severity: 'warning',
  text: 'The last attempts at a direct connection failed, so streams to browsers go through circuit relays. The browser may hide its addresses from WebRTC, or this machine may have no network.',
  action:
    'Check whether the browser or an extension protects against WebRTC leaks, and allow this site there. Your peer keeps trying direct connections.',
}

/** Returns the findings about WebRTC, which connects browsers directly. None while the peer isn't running. */
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
          text: `Something prevents the tabs from using WebRTC, the direct connection between browsers: a policy of the page, an extension, or a browser setting. ${THROUGH_RELAYS}`,
          action:
            'Allow WebRTC for this site in the browser and its extensions. A content security policy must allow rtc-lender.js and rtc-pump.js.',
        },
      ]
    case 'unsupported':
      if (host.kind === 'program') {
        return [
          {
            id: 'webrtc-unsupported',
            severity: 'warning',
            text: 'This program has no WebRTC, because the package node-datachannel is not installed or could not be loaded. Browsers can reach it by WebSocket only.',
            action:
              'Run “npm install node-datachannel” where libp2p-websocket is installed. The command’s first lines say what was wrong.',
          },
        ]
      }
      return [
        {
          id: 'webrtc-unsupported',
          severity: 'warning',
          text: `This browser does not support WebRTC, the direct connection between browsers, or it is turned off. ${THROUGH_RELAYS}`,
          action:
            'Turn it on in the browser settings, or use a browser that has it: Chromium, Firefox or Safari.',
        },
      ]
    case 'budget-spent':
      return [
        {
          id: 'webrtc-budget-spent',
          severity: 'warning',
          text: `The tabs have made as many WebRTC connections as this browser currently allows. ${THROUGH_RELAYS}`,
          action: 'Wait a minute, or open another tab of this site.',
        },
      ]
    case 'no-lender': {
      // A tab that was just opened takes a moment to start lending.
      const isStarting = tabs?.some(({ webrtc }) => webrtc === 'comes') === true
      return [
        {
          id: 'webrtc-no-lender',
          severity: isStarting ? 'info' : 'warning',
          text: `No tab currently lends WebRTC, the direct connection between browsers. ${THROUGH_RELAYS}`,
          action: isStarting ? '' : 'Keep a tab of this site open.',
        },
      ]
    }
    default:
      return why satisfies never
  }
}
