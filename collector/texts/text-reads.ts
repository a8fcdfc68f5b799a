import type { CaptureSettings } from "../../schema/capture-settings.ts";
import type { Cursor, FileBatch } from "../../store/batch.ts";
import type { Store } from "../../store/store.ts";
import type { Files } from "../files.ts";
import { captureBatch } from "../redact/batch.ts";
import type { Source } from "../sources/source.ts";
import { vendorFiles } from "../sources/vendors.ts";
import { tail } from "../tail.ts";

const textsOf = (source: Source["name"]) => vendorFiles(source)?.texts;
/** Bytes of a file that are read for their texts at a time: storing and indexing must not delay a response. */
export const TEXT_STEP_BYTES = 128 * 1024;

/**
 * The texts of the files, by separate cursors: history is read for its figures first, and for its texts when idle; live
 * texts are stored together with their figures.
 */
export function createTextReads(
  store: Pick<Store, "textCursors">,
  settings: CaptureSettings,
  numbers: Pick<Files, "get" | "all" | "changes">,
) {
  const cursors = new Map<string, Cursor>();
  for (const cursor of store.textCursors()) cursors.set(cursor.path, cursor);
  const isOff = settings.mode === "metadata" && Object.keys(settings.projects).length === 0;
  const due = createDue(numbers, cursors);
  const read = (path: string, source: Source["name"], budget: number) =>
    readWords(path, source, cursors.get(path), budget, settings);

  return {
    /** The texts of a part that was just read for its figures, if all earlier ones are stored. */
    async along(numbersRead: FileBatch): Promise<FileBatch | undefined> {
      const { path, source } = numbersRead.cursor;
      if (isOff || !textsOf(source)) return undefined;
      const before = numbers.get(path);
      const own = cursors.get(path);
      const isLevel = own ? own.offset >= (before?.offset ?? 0) : !before || before.offset === 0;
      return isLevel ? read(path, source, Math.max(1, numbersRead.bytes)) : undefined;
    },
    /** A step of history; undefined when every file's texts are stored. */
    async next(step_bytes: number): Promise<FileBatch | undefined> {
      if (isOff || !settings.history) return undefined;
      due.refresh();
      for (let path = due.last(); path !== undefined; path = due.last()) {
        const of = due.behind(path);
        const step = of && (await read(path, of.source, step_bytes));
        if (step) return step;
        // A file that cannot be read now is skipped until its other cursor moves.
        if (of) cursors.set(path, { ...of });
        due.drop();
      }
      return undefined;
    },
    stored(batch: FileBatch): void {
      cursors.set(batch.cursor.path, batch.cursor);
    },
  };
}

/** Files with unread text, and the change of the numbers at which they were last searched for. */
function createDue(numbers: Pick<Files, "get" | "all" | "changes">, cursors: ReadonlyMap<string, Cursor>) {
  let due: string[] = [];
  let compared = -1;

  /** Unread texts, in bytes of the same file. */
  function isBehind(of: Cursor): boolean {
    if (of.state === "deleted" || !textsOf(of.source)) return false;
    const own = cursors.get(of.path);
    return own === undefined ? of.offset > 0 : own.inode !== of.inode || own.offset < of.offset;
  }
  return {
    refresh(): void {
      if (due.length > 0 || compared === numbers.changes()) return;
      compared = numbers.changes();
      due = [...numbers.all()].filter(isBehind).map(({ path }) => path);
    },
    last: () => due.at(-1),
    drop: () => void due.pop(),
    /** The cursor of its figures, if its texts are behind. */
    behind(path: string): Cursor | undefined {
      const of = numbers.get(path);
      return of && isBehind(of) ? of : undefined;
    },
  };
}

async function readWords(
  path: string,
  source: Source["name"],
  from: Cursor | undefined,
  budget: number,
  settings: CaptureSettings,
): Promise<FileBatch | undefined> {
  const of = textsOf(source);
  if (!of) return undefined;
  const result = await tail(of, path, from, budget);
  if (result.kind !== "read") return undefined;
  const { batch } = result;
  captureBatch(batch, settings);
  return { ...batch, only: "texts", rejects: [], ignored: {} };
}
export type TextReads = ReturnType<typeof createTextReads>;
