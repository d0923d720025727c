import 'uplot/dist/uPlot.min.css'
import uPlot from 'uplot'
import { formatBytes } from '../../platform/format.ts'
import type { RateColumns } from '../rates.ts'
import { HISTORY_SECONDS } from '../rates.ts'

const HEIGHT_PX = 140
const AXIS_PX = 58

/** Draws received and sent bytes per second as two lines in the page's colours, one of them dashed. */
export class ThroughputChart {
  readonly #plot: uPlot
  readonly #life = new AbortController()

  constructor(place: HTMLElement) {
    const colour = (name: string): (() => string) => {
      return () => getComputedStyle(place).getPropertyValue(name).trim()
    }
    const axis: uPlot.Axis = {
      stroke: colour('--plot-text'),
      grid: { stroke: colour('--plot-line'), width: 1 },
      ticks: { show: false },
      font: '12px system-ui, sans-serif',
    }
    this.#plot = new uPlot(
      {
        width: place.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: () => [Date.now() / 1000 - HISTORY_SECONDS, Date.now() / 1000] },
          y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1000)] },
        },
        axes: [
          {
            ...axis,
            size: 22,
            splits: () => {
              const now = Date.now() / 1000
              return [now - 120, now - 60, now]
            },
            values: () => ['2 min ago', '1 min', 'now'],
          },
          { ...axis, size: AXIS_PX, values: (_, splits) => splits.map((value) => formatBytes(value)) },
        ],
        series: [
          {},
          {
            stroke: colour('--plot-received'),
            width: 2,
            fill: colour('--plot-fill'),
            points: { show: false },
          },
          { stroke: colour('--plot-sent'), width: 2, dash: [6, 4], points: { show: false } },
        ],
      },
      [[], [], []],
      place,
    )
    const observer = new ResizeObserver(() => {
      if (place.clientWidth > 0) this.#plot.setSize({ width: place.clientWidth, height: HEIGHT_PX })
    })
    observer.observe(place)
    this.#life.signal.addEventListener('abort', () => observer.disconnect())
    // The user can switch to dark mode while the page is open.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.redraw(false), {
      signal: this.#life.signal,
    })
  }

  draw(columns: RateColumns): void {
    this.#plot.setData(columns)
  }

  destroy(): void {
    this.#life.abort()
    this.#plot.destroy()
  }
}
