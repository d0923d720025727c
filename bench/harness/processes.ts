import { readFileSync, readdirSync } from 'node:fs'

/** A process and all that it has started, themselves and theirs. Linux only. */
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

/** Undefined if it has ended meanwhile. */
function parentOf(pid: number): number | undefined {
  const stat = readProcess(pid, 'stat')
  return stat === undefined ? undefined : Number(stat.split(') ')[1]?.split(' ')[1])
}

function readProcess(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended, or is none of ours.
    return undefined
  }
}

/**
 * Bytes that a process and its descendants hold, what several of them share counted once (PSS). Without the
 * pages of files, which programs are made of: who else runs the same program has a part of those, so that
 * they change as others come and go.
 */
export function memoryOfFamily(pid: number): number {
  return familyOf(pid).reduce((sum, member) => {
    const shares = (readProcess(member, 'smaps_rollup') ?? '').matchAll(
      /^Pss_(?:Anon|Shmem):\s+(?<kilobytes>\d+) kB$/gmu,
    )
    return sum + [...shares].reduce((held, { groups }) => held + Number(groups?.['kilobytes']) * 1024, 0)
  }, 0)
}
