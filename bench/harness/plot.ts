import type { Plot } from './report.ts'

const WIDTH = 720
const HEIGHT = 400
const LEFT = 76
const RIGHT = 176
const TOP = 44
const BOTTOM = 56
/** Okabe and Ito's colours, which colour-blind readers can distinguish. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9']

interface Axis {
  ticks: number[]
  /** From 0 to 1. */
  place: (value: number) => number
}

function logAxis(values: readonly number[]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step)),
    place: (value) => (Math.log10(value) - low) / (high - low),
  }
}

function linearAxis(values: readonly number[]): Axis {
  const most = Math.max(...values, Number.MIN_VALUE)
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10)
  const count = Math.ceil(most / step)
  return {
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
    place: (value) => value / (count * step),
  }
}

function tickText(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  if (value >= 1e4) return `${value / 1e3}k`
  return String(Number(value.toPrecision(3)))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** A line plot as an SVG document of its own. */
export function plotText({ title, x, y, series, scale }: Plot): string {
  const points = series.flatMap((one) => one.points)
  const axisOf = (kind: 'linear' | 'log' | undefined, values: number[]): Axis =>
    kind === 'linear' ? linearAxis(values) : logAxis(values)
  const across = axisOf(
    scale?.x,
    points.map(([value]) => value),
  )
  const up = axisOf(
    scale?.y,
    points.map(([, value]) => value),
  )
  const xOf = (value: number): number => Math.round(LEFT + across.place(value) * (WIDTH - LEFT - RIGHT))
  const yOf = (value: number): number =>
    Math.round(HEIGHT - BOTTOM - up.place(value) * (HEIGHT - TOP - BOTTOM))
  const grid = [
    ...across.ticks.map(
      (tick) =>
        `<path d="M${xOf(tick)} ${TOP}V${HEIGHT - BOTTOM}"/><text x="${xOf(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${tickText(tick)}</text>`,
    ),
    ...up.ticks.map(
      (tick) =>
        `<path d="M${LEFT} ${yOf(tick)}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${yOf(tick) + 4}" text-anchor="end">${tickText(tick)}</text>`,
    ),
  ]
  const lines = series.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#000'
    const path = points.map(([px, py]) => `${xOf(px)},${yOf(py)}`).join(' ')
    const dots = points.map(([px, py]) => `<circle cx="${xOf(px)}" cy="${yOf(py)}" r="3"/>`).join('')
    const keyY = TOP + 10 + index * 20
    return `<g fill="${colour}" stroke="${colour}"><polyline points="${path}" fill="none" stroke-width="2"/>${dots}<path d="M${WIDTH - RIGHT + 12} ${keyY}h16" stroke-width="2"/></g><text x="${WIDTH - RIGHT + 34}" y="${keyY + 4}">${escaped(name)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="14" font-weight="bold">${escaped(title)}</text>
<g stroke="#ddd" fill="#444" stroke-width="1"><g>${grid.join('').replaceAll('<text', '<text stroke="none"')}</g></g>
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escaped(x)}</text>
<text x="18" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 18 ${(TOP + HEIGHT - BOTTOM) / 2})">${escaped(y)}</text>
${lines.join('\n')}
</svg>
`
}
