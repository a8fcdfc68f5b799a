import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { AppError } from "../../schema/errors.ts";
import { cost } from "../../store/cost.ts";
import { openDatabase, openReader } from "../../store/database.ts";
import { takeLock } from "../../store/lock.ts";
import { loadPriceBook } from "../../store/price-book.ts";
import { type ModelChange, type Recost, recost as recostAll } from "../../store/recost.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { counted, toCount, toDollars } from "../format.ts";
import { out, printJson, terminalWidth, toPlain } from "../print.ts";
import { table } from "../table.ts";

export const recost: Command = {
  options: {
    "dry-run": { type: "boolean", what: "only show what would change" },
    json: JSON_OPTION,
  },
  more: "Tokens never change. Each run is recorded in the database; running it again changes nothing.",
  run({ values, config }) {
    const { data_dir } = config();
    const done = run(data_dir, flag(values, "dry-run"));
    if (flag(values, "json")) printJson(done);
    else for (const line of lines(done)) out(line);
    return 0;
  },
};

function run(data_dir: string, dry_run: boolean): Recost {
  const book = loadPriceBook(join(data_dir, "config.json"));
  const reader = openReader(data_dir);
  const compute = (db: Database) =>
    recostAll(db, (request) => cost(book, request), { dry_run, now: Date.now });
  try {
    if (dry_run) return compute(reader);
  } finally {
    reader.close();
  }
  const lock = soleWriter(data_dir);
  try {
    const db = openDatabase(data_dir);
    try {
      return compute(db);
    } finally {
      db.close();
    }
  } finally {
    lock.release();
  }
}

/** The daemon keeps sums in memory while it writes: two writers would overwrite each other. */
function soleWriter(data_dir: string) {
  try {
    return takeLock(data_dir);
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== "already_running") throw cause;
    throw new AppError(
      "database_busy",
      `A daemon is running on ${data_dir}, and only one program may write`,
      {
        hint: "`hall-monitor stop`, then this again, then `hall-monitor start --detach`",
        cause,
      },
    );
  }
}

function lines({ models, changed, requests, dry_run }: Recost): string[] {
  const total = models.reduce(
    (sum, m) => ({
      before_nano_usd: sum.before_nano_usd + m.before_nano_usd,
      after_nano_usd: sum.after_nano_usd + m.after_nano_usd,
    }),
    { before_nano_usd: 0, after_nano_usd: 0 },
  );
  const rows = [...models, { ...total, model: "Total", requests, changed }];
  const verb = dry_run ? "would change" : "changed";
  const right = (title: string, of: (m: (typeof rows)[number]) => string) => ({
    title,
    align: "right" as const,
    cells: rows.map(of),
  });
  return [
    ...table(
      [
        {
          title: "Model",
          align: "left",
          cells: rows.map((m) => toPlain(m.model) || "unknown"),
          shrink_to: 12,
        },
        right("Requests", (m) => toCount(m.requests)),
        right("Changed", (m) => toCount(m.changed)),
        right("Before", (m) => before(m)),
        right("After", (m) => after(m)),
      ],
      { width: terminalWidth(), has_total: true },
    ),
    "",
    `${toCount(changed)} of ${counted(requests, "request")} ${verb}`,
  ];
}

type ModelCost = Pick<ModelChange, "requests" | "before_nano_usd" | "after_nano_usd"> & Partial<ModelChange>;
const before = (m: ModelCost) => toDollars(m.unpriced_before === m.requests ? null : m.before_nano_usd);
const after = (m: ModelCost) => toDollars(m.unpriced_after === m.requests ? null : m.after_nano_usd);
