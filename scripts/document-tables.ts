/** The tables that documents print from the source, by the name in their marker. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { commandUsage, loadCommand } from "../cli/command.ts";
import { COMMANDS } from "../cli/commands.ts";
import { configSchema } from "../cli/config-file.ts";
import { commandHelp } from "../cli/help.ts";
import { ROOT } from "../cli/root.ts";
import { LINT_RULES } from "../collector/plans/lint/finding.ts";
import { listRoutes, type Route } from "../schema/api.ts";
import { ERROR_CODES } from "../schema/errors.ts";
import { CATEGORIES, EVENT_TYPE_NAMES, EVENTS, type EventType } from "../schema/event-catalogue.ts";
import { fieldsOf } from "../schema/events.ts";
import { METRICS } from "../schema/metrics.ts";
import type { Setting } from "../schema/setting.ts";
import { SETTINGS } from "../schema/settings.ts";
import { FACT_TABLES } from "./fact-tables.ts";
import { fastPathTable } from "./fast-path-table.ts";
import { idleTable } from "./idle-table.ts";
import { code, table } from "./markdown.ts";

/** Where the program lies differs from machine to machine. */
const portable = (text: string) => text.replaceAll(ROOT, "/path/to/hall-monitor");

const listed = await Promise.all(COMMANDS.map(loadCommand));

type Printed = {
  description?: string;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Printed>;
  items?: Printed;
};

/** What a parameter is, which words it takes, and what it is where it is left out. */
function meaning(printed: Printed): string {
  const parts = [
    printed.description,
    printed.enum?.map((word) => code(String(word))).join(", "),
    printed.default === undefined ? undefined : `default ${code(defaultText(printed.default))}`,
  ];
  return parts.filter(Boolean).join("; ");
}

const defaultText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
const toInput = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Printed;

/** `budgets[].scope`: every key of config.json, except those of a price row. */
function keys(printed: Printed, place = ""): string[][] {
  return Object.entries(printed.properties ?? {}).flatMap(([name, inner]) => {
    const path = place + name;
    if (name === "prices") return [[code(path), meaning(inner)]];
    const below = inner.items?.properties ? keys(inner.items, `${path}[].`) : keys(inner, `${path}.`);
    return [[code(path), meaning(below.length > 0 ? { ...inner, default: undefined } : inner)], ...below];
  });
}

function parameters(route: Route): string[][] {
  const shapes = { path: route.params, query: route.query, body: route.body };
  return Object.entries(shapes).flatMap(([place, shape]) =>
    Object.entries(shape?.shape ?? {}).map(([name, field]) => [
      code(route.key),
      code(name),
      place,
      meaning(toInput(field as z.ZodType)),
    ]),
  );
}

const HOOK_FIELDS = fieldsOf("agent_started");
/** Without what every hook's event has. */
const own = (type: EventType) =>
  EVENTS[type].category === "custom"
    ? fieldsOf(type)
    : fieldsOf(type).filter((f) => !HOOK_FIELDS.includes(f));

/** Superseded decisions stay in the document, and are left out of its table. */
function decisionsByGroup(): string[][] {
  const text = readFileSync(join(import.meta.dir, "../decisions.md"), "utf8");
  const found = text.matchAll(/^## (D\d{3}) — (.+)\n- Group: (.+)\n- Status: accepted/gm);
  const groups = Map.groupBy(found, ([, , , group = ""]) => group);
  return [...groups].map(([group, all]) => [
    group,
    all.map(([, id, title]) => `${id} ${title}`).join("<br>"),
  ]);
}

function settingText({ what, in_config }: Setting<unknown>): string {
  if (!in_config) return what;
  const order = in_config.wins ? "goes before it" : "holds if it is not set";
  return `${what}; ${code(in_config.path.join("."))} of config.json ${order}`;
}

export const TABLES: Record<string, () => string> = {
  ...FACT_TABLES,
  fast_path: fastPathTable,
  idle: idleTable,
  lint: () =>
    table(
      ["Code", "Finding"],
      Object.entries(LINT_RULES).map(([rule, what]) => [code(rule), what]),
    ),
  settings: () =>
    table(
      ["Variable", "Default", "Description"],
      Object.entries<Setting<unknown>>(SETTINGS).map(([name, s]) => [
        code(name),
        code(s.fallback),
        settingText(s),
      ]),
    ),
  config: () => table(["Key", "Description"], keys(configSchema() as Printed)),
  routes: () =>
    table(
      ["Route", "Description", "Called by"],
      listRoutes().map((r) => [code(r.key), r.summary, r.called_by ?? "page, commands or MCP"]),
    ),
  parameters: () => table(["Route", "Parameter", "In", "Description"], listRoutes().flatMap(parameters)),
  errors: () =>
    table(
      ["Code", "Exit", "HTTP", "Meaning", "What to do"],
      Object.entries(ERROR_CODES).map(([name, e]) => [
        code(name),
        `${e.exit}`,
        `${e.status}`,
        e.title,
        e.fix,
      ]),
    ),
  metrics: () =>
    table(
      ["Metric", "Type", "Labels", "Description"],
      Object.entries(METRICS).map(([name, m]) => [code(name), m.type, m.labels.map(code).join(" "), m.help]),
    ),
  events: () =>
    table(
      ["Event", "Category", "Description", "`data`"],
      EVENT_TYPE_NAMES.map((type) => [
        code(type),
        EVENTS[type].category,
        EVENTS[type].what,
        own(type).map(code).join(" "),
      ]),
    ),
  streams: () =>
    table(
      ["`event:`", "Categories"],
      [...new Set(Object.values(CATEGORIES).map((c) => c.stream))].map((stream) => [
        code(stream),
        Object.entries(CATEGORIES)
          .filter(([, c]) => c.stream === stream)
          .map(([name]) => name)
          .join(", "),
      ]),
    ),
  decisions: () => table(["Group", "Decisions"], decisionsByGroup()),
  commands: () =>
    table(
      ["Command", "Description"],
      listed.map((c) => [code(commandUsage(c)), c.summary]),
    ),
  options: () =>
    listed.map((c) => `### ${c.name}\n\`\`\`text\n${portable(commandHelp(c))}\n\`\`\``).join("\n\n"),
};
