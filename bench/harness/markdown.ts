import type { Goal, Report, Table } from './report.ts'

/** A Markdown table whose columns are padded to one width, for reading in an editor. */
export function tableText({ caption, columns, rows }: Table): string {
  const lines = [columns, ...rows]
  const widths = columns.map((_, column) => Math.max(3, ...lines.map((line) => (line[column] ?? '').length)))
  const lineText = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [`**${caption}**`, '', lineText(columns), rule, ...rows.map(lineText)].join('\n')
}

function goalsTable(goals: readonly Goal[]): Table {
  return {
    caption: 'Goals',
    columns: ['', 'wanted', 'measured', ''],
    rows: goals.map(({ what, wanted, got, reached }) => [
      what,
      wanted,
      got,
      reached ? 'reached' : 'not reached',
    ]),
  }
}

/** The tables of a report, and its plots by the names of their files. */
export function reportText({ tables, plots, goals }: Report): string {
  return [
    ...(goals.length === 0 ? [] : [goalsTable(goals)]).map(tableText),
    ...tables.map(tableText),
    ...plots.map(({ name, title }) => `![${title}](${name}.svg)`),
  ].join('\n\n')
}
