import type { Database } from "bun:sqlite";
import type { SourceName } from "../schema/events.ts";
import type { ArchiveLine } from "./archive-lines.ts";
import { createWriter, type Observed } from "./commit-rows.ts";
import { createCommitter } from "./committer.ts";
import type { CostOf } from "./request-rows.ts";
import { archivedPrices, lineWriters, type Place, type Restored, rowNumbers } from "./restore-lines.ts";

/**
 * Puts lines of an archive into a database, by the same rules as files of the agents: ids make known rows harmless, and
 * of two states of a row the later one counts. From the database's own archive (`own`) numbers, prices and file names
 * are restored as they were; for another machine's they are assigned again.
 */
export function createRestorer(db: Database, price: CostOf, own: boolean) {
  const restored: Restored = { events: 0, requests: 0, tool_calls: 0, samples: 0, known: 0 };
  const prices = archivedPrices(price, own);
  const writer = createWriter(db, prices.costOf);
  const committer = createCommitter(db, writer);
  const numbers = rowNumbers(db, committer, own);
  const put = lineWriters({ writer, numbers, prices, restored, own });

  return {
    restored,
    lastSeq: numbers.last,
    /** Imported lines name the file that they were imported from. */
    placeOf: (path: string, source: SourceName): number => writer.fileNamed(path, source),
    put: (line: ArchiveLine, place?: Place): void =>
      (put[line.kind] as (l: ArchiveLine, p?: Place) => void)(line, place),
    /** Rows in addition to a hook's event. */
    putObserved(observed: Observed): void {
      for (const s of observed.sessions) writer.sessions.put(s);
      writer.putObserved(observed, 0);
    },
    /** All or nothing, through the same commit as live rows. */
    commit(put: () => void): void {
      const before = { ...restored };
      try {
        committer.commit((result) => {
          put();
          if (!own) writer.requests.nameModels();
          result.seq = numbers.last();
        });
      } catch (error) {
        numbers.startOver();
        Object.assign(restored, before);
        throw error;
      }
    },
  };
}
export type Restorer = ReturnType<typeof createRestorer>;
