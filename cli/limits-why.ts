import type { AttributedWindow, LimitShare, Unattributed } from "../schema/api-why.ts";
import { LIMIT_CAUSES } from "../schema/limit-causes.ts";
import { openReader } from "../store/database.ts";
import { limitQueries } from "../store/queries/limits.ts";
import { type Call, choice, flag, type Option, text } from "./command.ts";
import { counted, toCount, toDollars, toHeading } from "./format.ts";
import { requireLimit } from "./known-names.ts";
import { createLocalApp } from "./local-app.ts";
import { out, printJson, terminalWidth, toPlain } from "./print.ts";
import { table } from "./table.ts";
import { wrap } from "./wrap.ts";

export const WHY_OPTIONS: Record<string, Option> = {
  why: {
    type: "boolean",
    excludes: ["import"],
    what: "show what used up each window, the binding one first",
  },
  by: {
    type: "string",
    value: LIMIT_CAUSES.join("|"),
    needs: ["--why"],
    what: "with --why: attribute to this (default: session)",
  },
  window: {
    type: "string",
    value: "NAME",
    needs: ["--why"],
    what: "with --why: only 5h, weekly, weekly_opus, …",
  },
  account: { type: "string", value: "ALIAS", needs: ["--why"], what: "with --why: only this account" },
};

const REASONS: Record<Unattributed, string> = {
  no_requests: "elsewhere: no recorded request ended in this time (another machine, or an unrecorded app)",
  no_price: "requests without a known price",
  models_unknown: "not attributed: it is unknown which models count towards this limit",
};

/** Reads the database, with or without a daemon. */
export async function showWhy({ values, config }: Call): Promise<number> {
  const settings = config();
  const by = choice(values, "by", LIMIT_CAUSES) ?? "session";
  const names = { window: text(values, "window"), account: text(values, "account") };
  const db = openReader(settings.data_dir);
  try {
    requireLimit(limitQueries(db).keys(), names);
    const query = { by, ...names };
    const answer = await createLocalApp(db, settings).call("GET /api/limits/attribution", { query });
    if (flag(values, "json")) printJson(answer);
    else for (const line of lines(answer.data.windows, by)) out(line);
    return 0;
  } finally {
    db.close();
  }
}

const points = (micro: number) => `${(micro / 1e6).toFixed(micro > 0 && micro < 1e5 ? 2 : 1)} %`;
/** Label of the main thread, or of usage without a skill. */
const NOTHING: Record<string, string> = {
  agent: "main thread",
  agent_type: "main thread",
  skill: "no skill",
};

function lines(windows: readonly AttributedWindow[], by: string): string[] {
  if (windows.length === 0) return ["No rate-limit samples of the last 35 days"];
  return windows.flatMap((w, i) => {
    const title = `${w.source} ${w.account} ${w.window}${w.is_binding ? " (binding)" : ""}`;
    const moved = `${points(w.used_micro_percent)} used, ${points(w.attributed_micro_percent)} of that explained, ${counted(w.readings, "sample")}`;
    return [
      ...(i > 0 ? [""] : []),
      ...wrap(toPlain(`${title}: ${moved}, ${w.state.replaceAll("_", " ")}`), terminalWidth(), "  "),
      ...rowsOf(w, by),
    ];
  });
}

function rowsOf(w: AttributedWindow, by: string): string[] {
  const { others } = w;
  const named = w.shares.map((s) =>
    row(s, [s.label, s.key].filter(Boolean).join("  ") || (NOTHING[by] ?? "unknown")),
  );
  const rows = [
    ...named,
    ...(others.causes > 0 ? [row(others, `${toCount(others.causes)} more`)] : []),
    ...w.unattributed.map((u) => [points(u.used_micro_percent), "", "", REASONS[u.reason]]),
  ];
  if (rows.length === 0) return [];
  const cells = (at: number) => rows.map((r) => toPlain(r[at] ?? ""));
  return table(
    [
      { title: "Points", align: "right", cells: cells(0) },
      { title: "Cost", align: "right", cells: cells(1), drop: 1 },
      { title: "Requests", align: "right", cells: cells(2), drop: 2 },
      { title: toHeading(by), align: "left", cells: cells(3), shrink_to: 20 },
    ],
    { width: terminalWidth() },
  );
}

const row = (s: Pick<LimitShare, "used_micro_percent" | "cost_nano_usd" | "requests">, what: string) => [
  points(s.used_micro_percent),
  toDollars(s.cost_nano_usd),
  toCount(s.requests),
  what,
];
