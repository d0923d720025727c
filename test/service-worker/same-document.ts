import { parse } from 'parse5'
import type { DefaultTreeAdapterTypes } from 'parse5'

type Node =
  | DefaultTreeAdapterTypes.ChildNode
  | DefaultTreeAdapterTypes.Document
  | DefaultTreeAdapterTypes.DocumentFragment

/** Returns the mode and the tree of a document in a browser with scripting, as lines. */
export function treeOf(html: string): string[] {
  const document = parse(html, { scriptingEnabled: true })
  const lines = [`mode ${document.mode}`]
  const write = (node: Node, depth: number): void => {
    const indent = '  '.repeat(depth)
    if ('tagName' in node) {
      const attributes = node.attrs.map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`).sort()
      lines.push(`${indent}<${node.namespaceURI} ${node.tagName}${attributes.join('')}>`)
    } else if ('value' in node) {
      lines.push(`${indent}${JSON.stringify(node.value)}`)
    } else if ('data' in node) {
      lines.push(`${indent}<!--${node.data}-->`)
    } else if (node.nodeName === '#documentType') {
      lines.push(`${indent}<!doctype>`)
    }
    if ('content' in node) write(node.content, depth + 1)
    if ('childNodes' in node) for (const child of node.childNodes) write(child, depth + 1)
  }
  write(document, 0)
  return lines
}

/** Returns the lines inserted into `before` to get `after`; undefined if lines were removed or changed. */
export function added(before: readonly string[], after: readonly string[]): string[] | undefined {
  const more: string[] = []
  let index = 0
  for (const line of after) {
    if (line === before[index]) index += 1
    else more.push(line)
  }
  return index === before.length ? more : undefined
}
