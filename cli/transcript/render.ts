import type { SessionDetail } from "../../schema/api-shapes.ts";
import type { TranscriptItem } from "../../schema/api-texts.ts";
import { toDollars, toLocalTime } from "../format.ts";
import { paint, toPlain } from "../print.ts";

export const FORMATS = ["text", "markdown", "html"] as const;
export type Format = (typeof FORMATS)[number];

/** A conversation in one format: header, each text, and footer. */
export type Renderer = {
  head(session: SessionDetail): string;
  item(item: TranscriptItem): string;
  foot: string;
};

const NAMES: Record<TranscriptItem["role"], string> = {
  prompt: "Prompt",
  answer: "Answer",
  thinking: "Thinking",
  tool_input: "Tool",
  tool_output: "Output",
  context: "Context",
};

function label(item: TranscriptItem, zone: string): string {
  const { role, tool_name, agent_id, is_error, time_unix_ms } = item;
  const parts = [NAMES[role], tool_name ?? "", agent_id && `agent ${agent_id}`, is_error ? "failed" : ""];
  return [...parts.filter(Boolean), toLocalTime(time_unix_ms, zone)].join(" · ");
}

const cutMark = ({ text, whole_chars }: TranscriptItem): string =>
  whole_chars === null ? "" : `[cut: ${text.length} of ${whole_chars} characters]`;

function facts(s: SessionDetail, zone: string): string[] {
  const time = `${toLocalTime(s.started_unix_ms, zone)} – ${toLocalTime(s.last_unix_ms, zone)}`;
  return [s.session_key, s.project_path ?? "", time, toDollars(s.totals.cost_nano_usd)].filter(Boolean);
}

export function renderer(format: Format, zone: string): Renderer {
  return { text: plainText, markdown, html }[format](zone);
}

function plainText(zone: string): Renderer {
  return {
    head: (s) =>
      `${paint("bold", toPlain(s.title ?? s.session_key))}\n${facts(s, zone).map(toPlain).join("  ")}\n`,
    item(item) {
      const lines = [...item.text.split("\n"), cutMark(item)].filter((line, i) => i === 0 || line !== "");
      return `\n${paint("dim", toPlain(`${label(item, zone)} · text ${item.id}`))}\n${lines.map((l) => toPlain(l)).join("\n")}`;
    },
    foot: "",
  };
}

/** Longer than any run of backticks in the text, so that no text can close its block. */
function fence(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  return "`".repeat(longest + 1);
}

function markdown(zone: string): Renderer {
  const oneLine = (text: string) => text.replace(/[\r\n]+/g, " ");
  return {
    head: (s) =>
      `# ${oneLine(s.title ?? s.session_key)}\n\n${facts(s, zone)
        .map((f) => `- ${oneLine(f)}`)
        .join("\n")}\n`,
    item(item) {
      const mark = cutMark(item) && `\n\n*${cutMark(item)}*`;
      const marks = fence(item.text);
      const isProse = item.role === "answer";
      const body = isProse ? item.text : `${marks}\n${item.text}\n${marks}`;
      return `\n## ${oneLine(label(item, zone))}\n\n${body}${mark}`;
    },
    foot: "",
  };
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const toHtml = (text: string) => text.replace(/[&<>"]/g, (c) => ESCAPES[c] ?? c);

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1b19;background:#fbfaf7}
section{border-top:1px solid #ddd8cd;padding:.6rem 0}h2{font-size:.8rem;font-weight:600;margin:0 0 .3rem;color:#6b655a}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:13px/1.5 ui-monospace,monospace}
.prompt pre,.answer pre{font:inherit}.prompt{background:#f3efe6;padding:.6rem .8rem}.failed h2{color:#a3271f}
@media(prefers-color-scheme:dark){body{color:#ece8df;background:#191816}section{border-color:#3a3732}h2{color:#a39c8f}.prompt{background:#24221f}}`;

/** One file without a script: every text is escaped, and nothing is loaded from anywhere. */
function html(zone: string): Renderer {
  return {
    head: (s) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${toHtml(s.title ?? s.session_key)}</title><style>${STYLE}</style></head><body>
<h1 dir="auto">${toHtml(s.title ?? s.session_key)}</h1><p>${facts(s, zone).map(toHtml).join(" · ")}</p>`,
    item: (item) => `<section class="${item.role}${item.is_error ? " failed" : ""}" id="t${item.id}">
<h2>${toHtml(label(item, zone))}</h2><pre dir="auto">${toHtml(item.text)}</pre>${cutMark(item) && `<p>${cutMark(item)}</p>`}</section>`,
    foot: "</body></html>",
  };
}
