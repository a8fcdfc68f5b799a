import type { SearchHit } from "../../schema/api-texts.ts";
import { AppError } from "../../schema/errors.ts";
import { TEXT_ROLES } from "../../schema/texts.ts";
import { VENDOR_CHOICE, VENDOR_NAMES } from "../../schema/vendors.ts";
import { openReader } from "../../store/database.ts";
import { type Command, choice, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { counted, toLocalTime } from "../format.ts";
import { requireNames } from "../known-names.ts";
import { createLocalApp } from "../local-app.ts";
import { moment } from "../moment.ts";
import { complain, out, paint, printJson, toPlain } from "../print.ts";
import { requireSession } from "../session-id.ts";

const NOTHING_FOUND = 1;
const MOST_HITS = 100;

export const search: Command = {
  positionals: ["words…"],
  required: { what: "words", hint: "hall-monitor search WORDS" },
  options: {
    project: { type: "string", value: "NAME", what: "only this project: its path, or the last part of it" },
    source: { type: "string", value: VENDOR_CHOICE, what: "only this agent" },
    session: { type: "string", value: "ID", what: "only this session" },
    role: {
      type: "string",
      value: "ROLE,…",
      what: TEXT_ROLES.join(", "),
    },
    tool: { type: "string", value: "NAME", what: "only calls of this tool" },
    failed: { type: "boolean", what: "only calls that failed" },
    since: { type: "string", value: "TIME", what: "start: 2026-11-20, 2026-11-20T18:00" },
    until: { type: "string", value: "TIME", what: "end; a date includes the whole day" },
    limit: { type: "string", value: "N", what: "maximum number of results (default: 20)" },
    json: JSON_OPTION,
  },
  more: [
    'All words must match. Quote phrases ("words in a row"); pain* matches a prefix. Exit code 1 = no results.',
    "",
    `  hall-monitor search 'fence "green paint"' --project shop`,
    "  hall-monitor session ID --transcript --around TEXT   shows the context of a hit",
  ].join("\n"),
  async run({ values, positionals, config }) {
    const q = positionals.join(" ").trim();
    if (q === "") throw new AppError("usage", "search needs words", { hint: "hall-monitor search WORDS" });
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      const query = toQuery(q, values, settings.time_zone);
      const session = text(values, "session");
      const session_id = session === undefined ? undefined : requireSession(db, session);
      requireNames(db, { project: query.project });
      const answer = await createLocalApp(db, settings).call("GET /api/search", {
        query: { ...query, session_id },
      });
      if (flag(values, "json")) printJson(answer);
      else print(answer.data.hits, answer.time_zone);
      const { unread_files } = answer.data;
      if (unread_files > 0)
        complain(`${counted(unread_files, "file")} not read yet; a running daemon reads them`);
      return answer.data.hits.length > 0 ? 0 : NOTHING_FOUND;
    } finally {
      db.close();
    }
  },
};

function rolesOf(values: Values): string | undefined {
  const role = text(values, "role");
  const unknown = role?.split(",").find((name) => !TEXT_ROLES.some((known) => known === name));
  if (unknown !== undefined)
    throw new AppError("usage", `invalid value "${unknown}" for --role`, {
      hint: `one of: ${TEXT_ROLES.join(", ")}`,
    });
  return role;
}

function hitsOf(values: Values): string {
  const limit = text(values, "limit") ?? "20";
  if (/^[1-9]\d{0,2}$/.test(limit) && Number(limit) <= MOST_HITS) return limit;
  throw new AppError("usage", `--limit=${limit} is not a whole number from 1 to ${MOST_HITS}`);
}

function toQuery(q: string, values: Values, zone: string) {
  const now = Date.now();
  const of = (name: string) => text(values, name);
  return {
    q,
    project: of("project"),
    source: choice(values, "source", VENDOR_NAMES),
    role: rolesOf(values),
    tool_name: of("tool"),
    failed: flag(values, "failed") ? ("true" as const) : undefined,
    since: moment(values, "since", zone, now)?.toString(),
    until: moment(values, "until", zone, now)?.toString(),
    limit: hitsOf(values),
  };
}

function print(hits: readonly SearchHit[], zone: string): void {
  if (hits.length === 0) out("No results");
  for (const hit of hits) {
    const where = [
      toLocalTime(hit.time_unix_ms, zone),
      hit.session_key.slice(0, 15),
      toPlain(hit.project ?? ""),
      hit.kind.replace("_", " "),
      toPlain(hit.tool_name ?? ""),
      hit.is_error ? "failed" : "",
      hit.id === null ? "" : `text ${hit.id}`,
    ];
    out(paint("dim", where.filter(Boolean).join("  ")));
    out(`  ${marked(hit)}`);
  }
}

function marked({ snippet, marks }: SearchHit): string {
  let text = "";
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at) continue;
    text += toPlain(snippet.slice(at, start)) + paint("bold", toPlain(snippet.slice(start, end)));
    at = end;
  }
  return (text + toPlain(snippet.slice(at))).trim();
}
