import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Home, ROOT } from "./daemon.ts";

export type Mode = "plugin-dir" | "marketplace";
type Sums = {
  requests: number;
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
};
/** What the script that drives the real client reports of its run. */
export type Summary = {
  version: string;
  answered_by_mock: Sums;
  by_session_header: Record<string, Sums>;
  by_kind: Record<string, Sums>;
  tool_uses_asked: Record<string, number>;
  hook_problems_in_transcripts: unknown[];
  hook_load_problems: unknown[];
};

/** The committed plugin as a user has it: a clone, in a marketplace folder of its own. */
export function clonePlugin(home: Home): string {
  const market = join(home.path, "market");
  const plugin = join(market, "hall");
  mkdirSync(join(market, ".claude-plugin"), { recursive: true });
  const cloned = Bun.spawnSync(["git", "clone", "-q", ROOT, plugin]);
  if (!cloned.success) throw new Error(cloned.stderr.toString());
  const { name } = JSON.parse(readFileSync(join(plugin, ".claude-plugin/plugin.json"), "utf8"));
  const marketplace = { name: "local", owner: { name: "local" }, plugins: [{ name, source: "./hall" }] };
  writeFileSync(join(market, ".claude-plugin/marketplace.json"), JSON.stringify(marketplace));
  return plugin;
}

/** Three sessions of the real client, offline, with the plugin loaded: a tour, a resumed and a forked one. */
export async function runClaude(home: Home, binary: string, mode: Mode, env: string): Promise<Summary> {
  const out = join(home.path, "out");
  const script = join(process.env.HALL_REAL_DIR!, "claude/run.sh");
  const child = Bun.spawn(["bash", script, clonePlugin(home), out], {
    env: {
      PATH: process.env.PATH ?? "",
      CLAUDE_BIN: binary,
      BUN: process.execPath,
      MODE: mode,
      EXTRA_ENV: `HALL_DATA_DIR=${home.data} HALL_PORT=0 ${env}`,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [code, stdout] = await Promise.all([child.exited, new Response(child.stdout).text()]);
  if (code !== 0) throw new Error(`run.sh ended with ${code}: ${stdout}`);
  return JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as Summary;
}

/** The real Codex, offline: threads, a resumed one, a fork, a second model, a sub-agent, a compaction. */
export async function runCodex(out: string, binary: string): Promise<void> {
  const script = join(process.env.HALL_REAL_DIR!, "codex/run.sh");
  const child = Bun.spawn(["bash", script, out], {
    env: { PATH: process.env.PATH ?? "", CODEX_BIN: binary, BUN: process.execPath },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [code, stdout] = await Promise.all([child.exited, new Response(child.stdout).text()]);
  if (code !== 0) throw new Error(`run.sh ended with ${code}: ${stdout}`);
}
