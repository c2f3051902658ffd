import type { Outcome } from './in-process.ts'

interface Row {
  clean: number
  leak: number
  withheld: number
  /** Which of the class leak, each once. */
  readonly leaking: Map<string, number>
}

/** Counts outcomes by class. */
export class Tally {
  readonly #rows = new Map<string, Row>()

  add(className: string, member: string, outcome: Outcome): void {
    let row = this.#rows.get(className)
    if (row === undefined) {
      row = { clean: 0, leak: 0, withheld: 0, leaking: new Map() }
      this.#rows.set(className, row)
    }
    row[outcome]++
    if (outcome === 'leak') row.leaking.set(member, (row.leaking.get(member) ?? 0) + 1)
  }

  total(outcome?: Outcome): number {
    const rows = [...this.#rows.values()]
    if (outcome !== undefined) return rows.reduce((sum, row) => sum + row[outcome], 0)
    return rows.reduce((sum, row) => sum + row.clean + row.leak + row.withheld, 0)
  }

  /** What leaks, each with how often. */
  leaking(): string[] {
    return [...this.#rows].flatMap(([name, { leaking }]) =>
      [...leaking].map(([member, count]) => `${name}: ${count} x ${member}`),
    )
  }

  /** One line for each class: cases, leaks, withheld. @param most members that are named of a class. */
  table(most = 0): string {
    const width = Math.max(...[...this.#rows.keys()].map(({ length }) => length), 5)
    const line = (name: string, ...cells: (string | number)[]) =>
      `${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(9)).join('')}`
    const lines = [line('class', 'cases', 'leaks', 'withheld')]
    for (const [name, row] of this.#rows) {
      lines.push(line(name, row.clean + row.leak + row.withheld, row.leak, row.withheld))
      const members = [...row.leaking].sort((a, b) => b[1] - a[1])
      for (const [member, count] of members.slice(0, most)) lines.push(`    ${count} x ${member}`)
      if (most > 0 && members.length > most) lines.push(`    and ${members.length - most} more`)
    }
    lines.push(line('all', this.total(), this.total('leak'), this.total('withheld')))
    return lines.join('\n')
  }
}
