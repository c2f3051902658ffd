import type { Database } from './database.ts'
import type { Head, Heads } from './state-port.ts'

/** Heads of trail files. A head that moves on is no longer named: the next new file names it again, where it then stands. */
export function createHeads(database: Database): Heads {
  return {
    put: async ({ file, seq, hash }) => {
      await database.write((transaction) =>
        transaction.run(
          `INSERT INTO heads (file, seq, hash) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash, named_by = NULL
           WHERE excluded.seq > heads.seq`,
          file,
          seq,
          hash,
        ),
      )
    },

    all: () =>
      database.read((transaction) =>
        transaction
          .all('SELECT file, seq, hash, named_by FROM heads ORDER BY file')
          .map((row) => ({ ...headOf(row), named: row['named_by'] !== null })),
      ),

    claimUnnamed: (by) =>
      database.write((transaction) => {
        // A file that is announced (`seq` 0) and has no record yet has nothing to name.
        const rows = transaction.all(
          'SELECT file, seq, hash FROM heads WHERE named_by IS NULL AND seq > 0 AND file <> ? ORDER BY file',
          by,
        )
        for (const { file } of rows.map(headOf)) {
          transaction.run('UPDATE heads SET named_by = ? WHERE file = ?', by, file)
        }
        return rows.map(headOf)
      }),
  }
}

function headOf(row: { readonly [column: string]: unknown }): Head {
  return { file: String(row['file']), seq: Number(row['seq']), hash: String(row['hash']) }
}
