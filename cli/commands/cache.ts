import type { Cache, CacheSums } from "../../schema/api-cache.ts";
import { CACHE_GROUPS } from "../../schema/groups.ts";
import { VENDOR_CHOICE, VENDOR_NAMES } from "../../schema/vendors.ts";
import { openReader } from "../../store/database.ts";
import { type Command, choice, flag, JSON_OPTION, text } from "../command.ts";
import { counted, toCount, toDollars, toDuration, toHeading } from "../format.ts";
import { requireNames } from "../known-names.ts";
import { createLocalApp } from "../local-app.ts";
import { moment, RANGE_OPTIONS } from "../moment.ts";
import { out, printJson, terminalWidth, toPlain } from "../print.ts";
import { requireSession } from "../session-id.ts";
import { table } from "../table.ts";

export const cache: Command = {
  positionals: ["session"],
  options: {
    by: {
      type: "string",
      value: CACHE_GROUPS.join("|"),
      what: "one line per session, day or project (default: session)",
    },
    ...RANGE_OPTIONS,
    project: { type: "string", value: "PATH", what: "only this project: its path, or the last part of it" },
    source: { type: "string", value: VENDOR_CHOICE, what: "only this agent" },
    json: JSON_OPTION,
  },
  more:
    "Saved: cache reads at the full input price, minus their cost. Written: the cost of cache writes above the full\n" +
    "price. Lost: what missed tokens cost, minus the price of reading them from the cache. Default: the last 7 days.",
  async run({ positionals, values, config }) {
    const source = choice(values, "source", VENDOR_NAMES);
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      requireNames(db, { project: text(values, "project") });
      const now = Date.now();
      const time = (name: "since" | "until") => moment(values, name, settings.time_zone, now)?.toString();
      const [word] = positionals;
      const query = {
        by: choice(values, "by", CACHE_GROUPS) ?? "session",
        session_id: word === undefined ? undefined : requireSession(db, word),
        source,
        project: text(values, "project"),
        start_time: time("since"),
        end_time: time("until"),
      };
      const answer = await createLocalApp(db, settings).call("GET /api/cache", { query });
      if (flag(values, "json")) printJson(answer);
      else for (const line of lines(answer.data)) out(line);
      return 0;
    } finally {
      db.close();
    }
  },
};

function lines(found: Cache): string[] {
  if (found.total.requests === 0) return ["No requests in this period"];
  const others = found.others.groups > 0 ? [{ ...found.others, name: `${found.others.groups} more` }] : [];
  const named = found.groups.map((g) => ({
    ...g,
    name: [g.label, g.key].filter(Boolean).join("  ") || "unknown",
  }));
  const rows = [...named, ...others, { ...found.total, name: "Total" }];
  return [
    ...table(
      [
        { title: toHeading(found.by), align: "left", shrink_to: 16, cells: rows.map((r) => toPlain(r.name)) },
        column("Hits", rows, (r) => (r.hit_percent === null ? "—" : `${Math.floor(r.hit_percent)} %`), 1),
        column("Saved", rows, (r) => toDollars(r.saved_nano_usd)),
        column("Written", rows, (r) => toDollars(r.write_nano_usd), 2),
        column("Misses", rows, (r) => toCount(r.misses), 3),
        column("Lost", rows, (r) => toDollars(r.lost_nano_usd)),
      ],
      { width: terminalWidth(), has_total: true },
    ),
    ...reasons(found),
    ...(found.total.unpriced_requests > 0
      ? [`${counted(found.total.unpriced_requests, "request")} without a price, not included`]
      : []),
    ...found.live.map((c) =>
      toPlain(
        `${c.title ?? c.session_key}: ${counted(c.held_tokens, "token")} cached for ${toDuration(c.left_seconds * 1000)} more; rewriting costs ${toDollars(c.stake_nano_usd)}`,
      ),
    ),
  ];
}

type Sums = Omit<CacheSums, "reasons">;
function column(title: string, rows: Sums[], of: (row: Sums) => string, drop?: number) {
  return { title, align: "right" as const, cells: rows.map(of), ...(drop !== undefined && { drop }) };
}

const reasons = ({ total }: Cache) =>
  total.reasons.map((r) =>
    toPlain(
      `${r.reason.replaceAll("_", " ")}: ${counted(r.misses, "miss", "misses")}, ${counted(r.missed_tokens, "token")}, ${toDollars(r.lost_nano_usd)}`,
    ),
  );
