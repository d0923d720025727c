import type { TemplateResult } from 'lit'
import { encode } from 'uqr'
import { html } from './html.ts'

/** Width of the white border in modules, as ISO/IEC 18004 requires. */
const BORDER = 4

/** A QR code. Always dark on white, in dark mode too, because cameras expect that. */
export function qrView(text: string, label: string): TemplateResult {
  const { data, size } = encode(text, { ecc: 'L', border: BORDER })
  let path = ''
  data.forEach((row, y) => {
    row.forEach((isDark, x) => {
      if (isDark) path += `M${x} ${y}h1v1h-1z`
    })
  })
  return html`<svg
    class="qr"
    role="img"
    aria-label=${label}
    viewBox="0 0 ${size} ${size}"
    shape-rendering="crispEdges"
  >
    <rect width=${size} height=${size} fill="#fff" />
    <path d=${path} fill="#000" />
  </svg>`
}
