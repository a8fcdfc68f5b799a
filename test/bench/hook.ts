import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, type Figure, inFolder, median, quantile, REPOSITORY } from "./measure.ts";

type Registered = { hooks: Record<string, { hooks: { command: string; args: string[] }[] }[]> };

/** The command as the agent runs it, with the plugin's folder put in. */
export function hookCommand(event: string, plugin = REPOSITORY): string[] {
  const file = JSON.parse(readFileSync(join(REPOSITORY, "hooks", "hooks.json"), "utf8")) as Registered;
  const hook = file.hooks[event]?.[0]?.hooks[0];
  if (!hook) throw new Error(`hooks.json does not register ${event}`);
  return [hook.command, ...hook.args].map((w) => w.replace(/\$\{CLAUDE_PLUGIN_ROOT\}/g, plugin));
}

export function hookPayload(toolUseId: string): string {
  const payload = {
    session_id: "5b671fcc-93dd-4d6c-a4fa-f5697c09effb",
    transcript_path: "/home/dev/.claude/projects/-home-dev-shop/5b671fcc-93dd-4d6c-a4fa-f5697c09effb.jsonl",
    cwd: "/home/dev/shop",
    permission_mode: "default",
    hook_event_name: "PreToolUse",
    tool_name: "Bash",
    tool_input: {
      command: `bun test src/cart.test.ts ${"--verbose ".repeat(60)}`,
      description: "Run one test",
    },
    tool_use_id: toolUseId,
  };
  return `${JSON.stringify(payload)}\n`;
}

/** A hook process beside an empty Bun process, in turns; both are given the same stdin. */
export function benchHook(): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const empty = join(folder, "empty.js");
    writeFileSync(empty, "");
    mkdirSync(join(folder, "bin"));
    symlinkSync(process.execPath, join(folder, "bin/bun"));
    const env = cleanEnv(folder, { PATH: `${join(folder, "bin")}:${process.env.PATH}` });
    const commands = {
      empty: [process.execPath, empty],
      carrier: hookCommand("PreToolUse"),
      runtime: hookCommand("PreToolUse", withoutCarrier(folder)),
    };
    const times = inTurns(commands, env);
    const base = median(times.empty);
    const ratio = (of: number[], q: number) => quantile(of, q) / quantile(times.empty, q);
    return [
      { name: "empty Bun process p50", value: base, unit: "ms" },
      { name: "hook p50", value: median(times.carrier), unit: "ms" },
      { name: "hook p95", value: quantile(times.carrier, 0.95), unit: "ms" },
      { name: "hook / empty Bun process", value: ratio(times.carrier, 0.5), unit: "x", limit: 1.5 },
      {
        name: "hook without its carrier / empty Bun process",
        value: ratio(times.runtime, 0.5),
        unit: "x",
        limit: 4,
        note: "as on macOS: the shell finds a runtime, which records",
      },
    ];
  });
}

function withoutCarrier(folder: string): string {
  for (const file of ["hooks/hall", "hooks/emit.js"])
    cpSync(join(REPOSITORY, file), join(folder, "plugin", file), { recursive: true });
  return join(folder, "plugin");
}

function inTurns<N extends string>(commands: Record<N, string[]>, env: Record<string, string>) {
  const names = Object.keys(commands) as N[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = 0; round < 125; round++)
    for (const name of names) {
      const stdin = Buffer.from(hookPayload(`toolu_${name}_${round}`));
      const started = performance.now();
      const { exitCode, stdout } = Bun.spawnSync(commands[name], {
        env,
        stdin,
        stdout: "pipe",
        stderr: "ignore",
      });
      if (exitCode !== 0 || stdout.length > 0) throw new Error(`${name} ended with ${exitCode}: ${stdout}`);
      // The first rounds fill the page cache.
      if (round >= 5) times[name].push(performance.now() - started);
    }
  return times;
}
