import type { SearchHit } from "../../schema/api-texts.ts";
import { AppError } from "../../schema/errors.ts";
import { VENDOR_CHOICE, type VendorName } from "../../schema/vendors.ts";
import { openReader } from "../../store/database.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { counted, toLocalTime } from "../format.ts";
import { createLocalApp } from "../local-app.ts";
import { complain, out, paint, printJson, toPlain } from "../print.ts";

const NOTHING_FOUND = 1;

export const search: Command = {
  positionals: ["words…"],
  options: {
    project: { type: "string", value: "NAME", what: "only this project: its path, or the last part of it" },
    source: { type: "string", value: VENDOR_CHOICE, what: "only this agent" },
    session: { type: "string", value: "ID", what: "only this session" },
    role: {
      type: "string",
      value: "ROLE,…",
      what: "prompt, answer, thinking, tool_input, tool_output, context",
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
    if (q === "") throw new AppError("usage", "nothing to search for", { hint: "hall-monitor search WORDS" });
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      const answer = await createLocalApp(db, settings).call("GET /api/search", {
        query: toQuery(q, values),
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

function toQuery(q: string, values: Values) {
  const of = (name: string) => text(values, name);
  return {
    q,
    project: of("project"),
    source: of("source") as VendorName | undefined,
    session_id: of("session"),
    role: of("role"),
    tool_name: of("tool"),
    failed: flag(values, "failed") ? ("true" as const) : undefined,
    since: of("since"),
    until: of("until"),
    limit: of("limit") ?? "20",
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
