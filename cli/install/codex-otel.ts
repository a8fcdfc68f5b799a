import { isDeepStrictEqual } from "node:util";
import { type Statement, statementsOf } from "./toml-statements.ts";

const OPEN = "# >>> hall-monitor --otel >>>";
const OPEN_NO_BREAK = `${OPEN} (the line before had no end)`;
const CLOSE = "# <<< hall-monitor --otel <<<";
/** Prefix of every line of the user's own `[otel]`, which `uninstall --otel` restores in place. */
const KEPT = "#hall-monitor-kept# ";

export type Otel = {
  endpoint: string /** Name of the variable with the token, never the token itself. */;
  token_variable?: string;
};
export type Edited = { ok: true; text: string } | { ok: false; why: string };

/**
 * `config.toml` with one `[otel]` block that exports logs to `endpoint`. Every other key keeps its value, which is
 * checked by parsing both texts; the user's own `otel` keys become comments in their place.
 */
export function addCodexOtel(text: string, otel: Otel): Edited {
  const original = removeCodexOtel(text);
  const before = parse(original);
  if (!before) return { ok: false, why: "is not valid TOML" };
  const eol = /\r\n/.test(original) ? "\r\n" : "\n";
  let out = original;
  for (const { start, end } of otelSpans(original).toReversed())
    out = out.slice(0, start) + commentedOut(out.slice(start, end)) + out.slice(end);
  const isOpen = out !== "" && out !== "\ufeff" && !out.endsWith("\n");
  const lines = [isOpen ? OPEN_NO_BREAK : OPEN, ...block(otel), CLOSE, ""];
  out += (isOpen ? eol : "") + lines.join(eol);
  return check(out, before, otel);
}

/** The text without our block, with the user's own keys restored: byte for byte the original. */
export function removeCodexOtel(text: string): string {
  let out = text;
  for (let at = out.indexOf(OPEN); at >= 0; at = out.indexOf(OPEN)) {
    const close = out.indexOf(CLOSE, at);
    if (close < 0) break;
    const lineEnd = out.indexOf("\n", close);
    const end = lineEnd < 0 ? out.length : lineEnd + 1;
    const hadNoBreak = out.startsWith(OPEN_NO_BREAK, at);
    const start = hadNoBreak ? at - (out[at - 2] === "\r" ? 2 : 1) : at;
    out = out.slice(0, start) + out.slice(end);
  }
  return out.replaceAll(new RegExp(`(^\\ufeff?|\\n)${KEPT}`, "g"), "$1");
}

function block({ endpoint, token_variable }: Otel): string[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Codex's own placeholder for a variable
  const bearer = "Bearer ${NAME}";
  const headers = token_variable
    ? `, headers = { authorization = "${bearer.replace("NAME", token_variable)}" }`
    : "";
  return [
    "# Written by `hall-monitor install --otel codex`; `hall-monitor uninstall --otel` gives back what was here.",
    "[otel]",
    "log_user_prompt = false",
    `exporter = { otlp-http = { endpoint = "${endpoint}", protocol = "json"${headers} } }`,
  ];
}

function commentedOut(lines: string): string {
  const isMarked = lines.startsWith("\ufeff");
  const body = isMarked ? lines.slice(1) : lines;
  const commented = body
    .split("\n")
    .map((line, i, all) => (i === all.length - 1 && line === "" ? "" : KEPT + line));
  return (isMarked ? "\ufeff" : "") + commented.join("\n");
}

/** All of the user's statements about `otel`: tables, dotted keys and an inline table, whole lines. */
function otelSpans(text: string): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let table: Statement | undefined;
  for (const statement of statementsOf(text)) {
    if (statement.kind === "table") table = statement;
    const owner = statement.kind === "table" || table === undefined ? statement : table;
    if (owner.path[0] === "otel") spans.push({ start: statement.start, end: statement.end });
  }
  return spans;
}

type Toml = Record<string, unknown>;

function parse(text: string): Toml | undefined {
  try {
    return Bun.TOML.parse(text.replace(/^\ufeff/, "")) as Toml;
  } catch {
    return undefined;
  }
}

function check(text: string, before: Toml, { endpoint }: Otel): Edited {
  const after = parse(text);
  if (!after) return { ok: false, why: "would not be valid TOML afterwards" };
  const { otel: _ours, ...rest } = after;
  const { otel: _theirs, ...others } = before;
  const exporter = (after.otel as { exporter?: { "otlp-http"?: { endpoint?: unknown } } } | undefined)
    ?.exporter;
  if (!isDeepStrictEqual(rest, others) || exporter?.["otlp-http"]?.endpoint !== endpoint)
    return { ok: false, why: "would lose other keys" };
  return { ok: true, text };
}

/** Why an endpoint is rejected; undefined if it is valid. */
export function refuseEndpoint(endpoint: string, allowRemote: boolean): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u0020\u007f-\u009f"'\\`]/.test(endpoint))
    return "contains a space, a quote, a backslash or a control character";
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    return "is not a URL";
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return "is neither http nor https";
  if (url.username || url.password) return "contains a password";
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return isLoopback || allowRemote ? undefined : "is on another machine; --allow-remote permits it";
}
