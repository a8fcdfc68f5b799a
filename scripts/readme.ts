/**
 * Prints what documents quote from the source: the README's tables and the snippets of `code/`. A marker says
 * what stands there, so that a test can ask whether it still does.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { listRoutes } from "../schema/api.ts";
import { SETTINGS } from "../schema/config.ts";
import { ERROR_CODES } from "../schema/errors.ts";
import { EVENT_TYPES } from "../schema/events.ts";
import { METRICS } from "../schema/metrics.ts";

const ROOT = join(import.meta.dir, "..");
const TABLE = /<!-- table: (\w+) -->\n[\s\S]*?<!-- \/table -->/g;
const SNIPPET = /<!-- from: (\S+)#(\w+) -->\n```ts\n[\s\S]*?```/g;

function table(head: string[], rows: string[][]): string {
  const cells = (row: string[]) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [cells(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(cells)].join("\n");
}

const code = (text: string) => `\`${text}\``;

const TABLES: Record<string, () => string> = {
  settings: () =>
    table(
      ["Variable", "Default", "What"],
      SETTINGS.map((s) => [code(s.name), code(s.fallback), s.what]),
    ),
  routes: () =>
    table(
      ["Route", "What"],
      listRoutes().map((r) => [code(r.key), r.summary]),
    ),
  errors: () =>
    table(
      ["Code", "Exit", "HTTP", "Meaning"],
      Object.entries(ERROR_CODES).map(([name, e]) => [code(name), `${e.exit}`, `${e.status}`, e.title]),
    ),
  metrics: () =>
    table(
      ["Metric", "Type", "Labels", "What"],
      Object.entries(METRICS).map(([name, m]) => [code(name), m.type, m.labels.map(code).join(" "), m.help]),
    ),
  events: () => {
    const categories = [...new Set(Object.values(EVENT_TYPES))];
    const of = (category: string) => Object.entries(EVENT_TYPES).filter(([, c]) => c === category);
    return table(
      ["Category", "Events"],
      categories.map((c) => [
        c,
        of(c)
          .map(([name]) => code(name))
          .join(" "),
      ]),
    );
  },
};

/** Text of a top-level declaration, from its comment to the line that closes it. */
export function region(source: string, name: string): string | undefined {
  const lines = source.split("\n");
  const declared = new RegExp(`^(?:export )?(?:async )?(?:function|type|const|class) ${name}\\b`);
  const at = lines.findIndex((line) => declared.test(line));
  if (at < 0) return undefined;
  const oneLine = /;$/.test(lines[at] ?? "");
  // A line that opens again, as the one between parameters and body, closes nothing.
  const length = oneLine ? 0 : lines.slice(at).findIndex((line) => /^[}\])](?!.*\{$)/.test(line));
  let from = at;
  if (/^ ?\*\/|^\/\*\*.*\*\/$/.test(lines[at - 1] ?? ""))
    for (from = at - 1; !lines[from]?.startsWith("/**"); from--);
  return lines.slice(from, at + length + 1).join("\n");
}

/** The document with everything between its markers as the source has it now. */
export function fill(document: string): string {
  return document
    .replace(TABLE, (_, name: string) => {
      const print = TABLES[name];
      if (!print) throw new Error(`no table is called ${name}`);
      return `<!-- table: ${name} -->\n${print()}\n<!-- /table -->`;
    })
    .replace(SNIPPET, (_, path: string, name: string) => {
      const text = existsSync(join(ROOT, path))
        ? region(readFileSync(join(ROOT, path), "utf8"), name)
        : undefined;
      if (text === undefined) throw new Error(`${path} declares no ${name}`);
      return `<!-- from: ${path}#${name} -->\n\`\`\`ts\n${text}\n\`\`\``;
    });
}

/** Every document that quotes the source, relative to the root. */
export function quotingDocuments(): string[] {
  return [
    "README.md",
    ...readdirSync(join(ROOT, "code"))
      .filter((name) => name.endsWith(".md"))
      .map((n) => `code/${n}`),
  ];
}

if (import.meta.main)
  for (const path of quotingDocuments()) {
    const before = readFileSync(join(ROOT, path), "utf8");
    const after = fill(before);
    if (after === before) continue;
    writeFileSync(join(ROOT, path), after);
    console.log(`printed ${path}`);
  }
