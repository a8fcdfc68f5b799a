/** The ways in and out that need a program of their own: telemetry, plans, the tools that an agent calls. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { all, type Daemon, type Home, ROOT } from "./daemon.ts";
import { type Found, type Planter, toFound } from "./secret-world.ts";

const RECORDED = [join(ROOT, "test/fixtures/otlp/claude/json"), join(ROOT, "test/fixtures/otlp/codex")];
const WORDS = /prompt|command|error|input|output|argument|description|response|url|reason|body/i;

/** Every string value of an attribute that may hold words, and the texts of bodies. */
function plantValues(value: unknown, { plant }: Planter): unknown {
  if (Array.isArray(value)) return value.map((item) => plantValues(item, { plant } as Planter));
  if (typeof value !== "object" || value === null) return value;
  const { key, value: inner } = value as { key?: string; value?: { stringValue?: string } };
  if (key !== undefined && inner?.stringValue !== undefined && WORDS.test(key))
    return { ...value, value: { stringValue: plant(inner.stringValue, "text") } };
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, plantValues(item, { plant } as Planter)]),
  );
}

/** What both clients export, with secrets among the words, as they send it. */
export async function sendTelemetry(daemon: Daemon, planter: Planter): Promise<void> {
  for (const folder of RECORDED)
    for (const name of readdirSync(folder)
      .filter((file) => /logs.*\.json$/.test(file))
      .sort()) {
      const body = plantValues(JSON.parse(readFileSync(join(folder, name), "utf8")), planter);
      const response = await fetch(`${daemon.url}/v1/logs`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (response.status !== 200) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    }
}

/** A plan of which every word holds a secret, in a project that the settings name. */
export function writePlan(home: Home, { plant }: Planter): void {
  const path = home.at("shop/dev/active/walrus/manifest.jsonl");
  const lines = ["A", "B"].map((id) =>
    JSON.stringify({
      id,
      file: `prompts/${id}.md`,
      description: plant(`Work ${id}`, "text"),
      depends_on: [],
      edge_cases: [],
      decisions: [],
      code_refs: [],
      status: "pending",
      verification: plant("bun test", "text"),
    }),
  );
  writeFileSync(path, `${lines.join("\n")}\n`);
  const prompt = home.at("shop/dev/active/walrus/prompts/A.md");
  writeFileSync(prompt, `# A\n${plant("Do it", "text")}\n`);
  writeFileSync(join(dirname(path), "decisions.md"), `## D001\n${plant("Because", "text")}\n`);
}

export const plansOf = (home: Home): string[] =>
  all<{ id: string }>(home, "select plan_key as id from plans order by plan_key").map((row) => row.id);

type Place = { sessions: string[]; requests: string[]; plans: string[] };

/** Each tool of the agent's own access, called by a client of the protocol. */
export async function scanMcp(home: Home, { sessions, requests, plans }: Place): Promise<Found[]> {
  const client = new Client({ name: "test", version: "0" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join(ROOT, "cli/main.ts"), "mcp"],
      env: home.env,
      cwd: home.path,
      stderr: "ignore",
    }),
  );
  const found: Found[] = [];
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    found.push(...toFound(`tool ${name}`, JSON.stringify(await client.callTool({ name, arguments: args }))));
  try {
    for (const { name } of (await client.listTools()).tools)
      if (!["session", "search", "why"].includes(name)) await call(name);
    await call("search", { q: "shop", limit: 50 });
    for (const id of sessions) await call("session", { id, timeline: true });
    for (const id of [...sessions, ...requests]) await call("why", { id });
    for (const plan of plans) await call("plans", { name: plan });
  } finally {
    await client.close();
  }
  return found;
}
