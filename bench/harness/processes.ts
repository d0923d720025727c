import { readFileSync, readdirSync } from 'node:fs'

/** A process and its descendants. Linux only. */
function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const child = Number(name)
    if (!Number.isInteger(child)) continue
    const parent = parentOf(child)
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const family = [pid]
  for (const member of family) family.push(...(children.get(member) ?? []))
  return family
}

/** Undefined if it has ended in the meantime. */
function parentOf(pid: number): number | undefined {
  const stat = readProcess(pid, 'stat')
  return stat === undefined ? undefined : Number(stat.split(') ')[1]?.split(' ')[1])
}

function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended, or is not ours.
    return undefined
  }
}

/**
 * The bytes that a process and its descendants hold, with shared memory counted once (PSS). Pages of mapped
 * files, such as the programs themselves, are left out: other processes share them, so their part changes as
 * those start and end.
 */
export function memoryOfFamily(pid: number): number {
  return familyOf(pid).reduce((sum, member) => {
    const shares = (readProcess(member, 'smaps_rollup') ?? '').matchAll(
      /^Pss_(?:Anon|Shmem):\s+(?<kilobytes>\d+) kB$/gmu,
    )
    return sum + [...shares].reduce((held, { groups }) => held + Number(groups?.['kilobytes']) * 1024, 0)
  }, 0)
}
