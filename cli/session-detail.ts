import type { SessionDetail } from "../schema/api-shapes.ts";
import { hooksText, listed } from "../schema/text.ts";
import { openReader } from "../store/database.ts";
import { type Call, flag } from "./command.ts";
import { cell, counted, toCount, toDollars, toDuration, toLocalTime } from "./format.ts";
import { createLocalApp } from "./local-app.ts";
import { timeZone } from "./moment.ts";
import { out, paint, printJson, terminalWidth, toPlain } from "./print.ts";
import { requireSession } from "./session-id.ts";
import { type Column, table } from "./table.ts";
import { money } from "./usage-table.ts";

/** One session in full. */
export async function showSession({ values, config }: Call, id: string): Promise<number> {
  const settings = config();
  const db = openReader(settings.data_dir);
  try {
    const answer = await createLocalApp(db, settings).call("GET /api/sessions/:id", {
      params: { id: requireSession(db, id) },
    });
    if (flag(values, "json")) printJson(answer);
    else for (const line of lines(answer.data, timeZone(values, settings.time_zone))) out(line);
    return 0;
  } finally {
    db.close();
  }
}

function lines(s: SessionDetail, zone: string): string[] {
  const fact = (name: string, value: string | null | undefined) =>
    value ? [`${cell(name, 10)}${toPlain(value)}`] : [];
  const lasted =
    s.started_unix_ms !== null && s.last_unix_ms !== null ? s.last_unix_ms - s.started_unix_ms : null;
  return [
    paint("bold", toPlain(s.title ?? s.session_key)),
    ...fact("session", `${s.session_key} (${s.activity.state})`),
    ...fact("project", s.project_path),
    ...fact("branch", s.git_branch),
    ...fact("client", [s.entrypoint, s.client_version].filter(Boolean).join(" ")),
    ...fact(
      "time",
      `${toLocalTime(s.started_unix_ms, zone)} – ${toLocalTime(s.last_unix_ms, zone)}${lasted === null ? "" : ` (${toDuration(lasted)})`}`,
    ),
    ...fact("hooks", s.hooks && hooksText(s.hooks)),
    ...fact("models", listed(s.models)),
    ...fact(
      "work",
      `${counted(s.turns, "turn")}, ${counted(s.tool_calls, "tool call")} (${toCount(s.failed_tool_calls)} failed), ${counted(s.totals.requests, "request")}`,
    ),
    ...fact(
      "tokens",
      `${toCount(s.totals.total_tokens)} (${toCount(s.totals.input_tokens)} in, including ${toCount(s.totals.cache_read_input_tokens)} from cache; ${toCount(s.totals.output_tokens)} out)`,
    ),
    ...fact("cost", cost(s)),
    ...section(agents(s)),
    ...section(tools(s)),
  ];
}

function cost({ totals }: SessionDetail): string {
  const { cost_complete, unpriced_requests, priced_tokens_percent } = totals.coverage;
  const note = `no price known for ${counted(unpriced_requests, "request")}; ${priced_tokens_percent} % of the tokens have one`;
  return `${toDollars(totals.cost_nano_usd)}${cost_complete ? "" : ` (${note})`}`;
}

function section(columns: Column[]): string[] {
  return (columns[0]?.cells.length ?? 0) > 0 ? ["", ...table(columns, { width: terminalWidth() })] : [];
}

function agents({ agent_list, main }: SessionDetail): Column[] {
  if (agent_list.length === 0) return [];
  const rows = [
    { name: "main thread", what: "", totals: main },
    ...agent_list.map((a) => ({
      name: a.agent_type ?? a.agent_id,
      what: a.description ?? "",
      totals: a.totals,
    })),
  ];
  return [
    { title: "Agent", align: "left", cells: rows.map((r) => toPlain(r.name)), shrink_to: 12 },
    { title: "Task", align: "left", cells: rows.map((r) => toPlain(r.what)), shrink_to: 12, drop: 1 },
    { title: "Requests", align: "right", cells: rows.map((r) => toCount(r.totals.requests)) },
    { title: "Tokens", align: "right", cells: rows.map((r) => toCount(r.totals.total_tokens)) },
    { title: "Cost", align: "right", cells: rows.map((r) => money(r.totals)) },
  ];
}

function tools({ tools }: SessionDetail): Column[] {
  return [
    {
      title: "Tool",
      align: "left",
      cells: tools.map((t) => toPlain(t.tool_name) || "unknown"),
      shrink_to: 12,
    },
    { title: "Calls", align: "right", cells: tools.map((t) => toCount(t.calls)) },
    { title: "Failed", align: "right", cells: tools.map((t) => toCount(t.failed)) },
    { title: "Time", align: "right", cells: tools.map((t) => toDuration(t.duration_ms)) },
  ];
}
