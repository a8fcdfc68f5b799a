/** The real client, offline, with and without the plugin in turns: what the hooks cost a session, and whether one is lost. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { payloadOf, spoolRecords } from "../hooks/fire.ts";
import { type Figure, inFolder, median, quantile, REPOSITORY } from "./measure.ts";
import { type MessagesApi, serveMessages } from "./messages-api.ts";

const READS = 20;

export type SessionsWanted = {
  /** The native binary of Claude Code. */
  claude: string;
  pairs: number;
  failures: number;
};

export function benchSessions({ claude, pairs, failures }: SessionsWanted): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const client = { claude, folder: prepare(folder) };
    return [...(await inPairs(client, pairs)), ...(await failing(client, failures))];
  });
}

type Client = { claude: string; folder: string };

function prepare(folder: string): string {
  for (const name of ["home/.claude", "project"]) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "project/README.md"), "# Shop\n\nA small shop project.\n");
  return folder;
}

async function inPairs(client: Client, pairs: number): Promise<Figure[]> {
  const api = serveMessages(READS, join(client.folder, "project/README.md"));
  const times: Record<"with" | "without", number[]> = { with: [], without: [] };
  const sides = ["with", "without"] as const;
  try {
    // The first pair fills the caches; then either side is the first one in turn.
    for (let pair = 0; pair <= pairs; pair++)
      for (const side of pair % 2 ? sides : sides.toReversed()) {
        const { ms, code } = await session(client, api, `pair-${pair}`, side === "with");
        if (code !== 0) throw new Error(`the client ended with ${code}`);
        if (pair > 0) times[side].push(ms);
      }
  } finally {
    await api.stop();
  }
  const hooks = eventsOf(client, `pair-${pairs}`).length;
  const ratios = times.with.map((ms, i) => ms / times.without[i]!);
  return [
    { name: `${READS} reads without the plugin, median`, value: median(times.without), unit: "ms" },
    {
      name: `${READS} reads with it, median`,
      value: median(times.with),
      unit: "ms",
      note: `${hooks} hook runs`,
    },
    { name: "with / without, median of the pairs", value: median(ratios), unit: "x", limit: 1.3 },
    {
      name: "with / without, ratio of the medians",
      value: median(times.with) / median(times.without),
      unit: "x",
    },
    { name: "with / without, p90 of the pairs", value: quantile(ratios, 0.9), unit: "x" },
  ];
}

/** Turns that end by an API error: a print session then waits for no hook and ends those that still run. */
async function failing(client: Client, failures: number): Promise<Figure[]> {
  const api = serveMessages(0, "");
  try {
    for (let i = 0; i < failures; i++) await session(client, api, "failures", true);
  } finally {
    await api.stop();
  }
  const events = eventsOf(client, "failures");
  const of = (name: string) => events.filter((event) => event === name).length;
  return ["StopFailure", "SessionEnd"].map((name) => ({
    name: `${name} of failing print sessions`,
    value: of(name),
    unit: `of ${failures}`,
    at_least: failures,
  }));
}

const dataOf = ({ folder }: Client, name: string) => join(folder, `data-${name}`);

function eventsOf(client: Client, name: string): string[] {
  const data = dataOf(client, name);
  if (!existsSync(join(data, "spool"))) return [];
  const payloads = spoolRecords(data).map((record) => payloadOf(record, data));
  return payloads.map((payload) => (payload as { hook_event_name: string }).hook_event_name);
}

async function session({ claude, folder }: Client, api: MessagesApi, name: string, withPlugin: boolean) {
  const started = performance.now();
  const child = Bun.spawn(
    [
      claude,
      "-p",
      "Read the file.",
      "--output-format",
      "json",
      "--permission-mode",
      "acceptEdits",
      ...(withPlugin ? ["--plugin-dir", REPOSITORY] : []),
    ],
    {
      cwd: join(folder, "project"),
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        LANG: "C.UTF-8",
        TERM: "xterm",
        USER: "dev",
        SHELL: "/bin/sh",
        HOME: join(folder, "home"),
        CLAUDE_CONFIG_DIR: join(folder, "home/.claude"),
        ANTHROPIC_BASE_URL: api.url,
        ANTHROPIC_API_KEY: "sk-ant-fake",
        DISABLE_AUTOUPDATER: "1",
        DISABLE_TELEMETRY: "1",
        DISABLE_ERROR_REPORTING: "1",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        HALL_DATA_DIR: dataOf({ claude, folder }, name),
        HALL_AUTOSTART: "false",
      },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    },
  );
  const code = await child.exited;
  return { code, ms: performance.now() - started };
}
