import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, type Figure, inFolder, median, REPOSITORY } from "./measure.ts";

type Registered = { hooks: Record<string, { hooks: { command: string; args?: string[] }[] }[]> };

/** The command as the agent runs it, with the plugin's folder put in. */
export function hookCommand(event: string): string[] {
  const file = JSON.parse(readFileSync(join(REPOSITORY, "hooks", "hooks.json"), "utf8")) as Registered;
  const hook = file.hooks[event]?.[0]?.hooks[0];
  if (!hook) throw new Error(`hooks.json does not register ${event}`);
  const words = hook.args ? [hook.command, ...hook.args] : ["sh", "-c", hook.command];
  return words.map((w) => w.replace(/\$\{CLAUDE_PLUGIN_ROOT\}/g, REPOSITORY));
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
    const env = cleanEnv(folder, { CLAUDE_PLUGIN_ROOT: REPOSITORY });
    const times: Record<"empty" | "emit" | "hook", number[]> = { empty: [], emit: [], hook: [] };
    const commands = {
      empty: [process.execPath, empty],
      emit: [process.execPath, join(REPOSITORY, "hooks", "emit.js"), "PreToolUse"],
      hook: hookCommand("PreToolUse"),
    };
    for (let round = 0; round < 125; round++)
      for (const name of ["empty", "emit", "hook"] as const) {
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
    const base = median(times.empty);
    return [
      { name: "empty Bun process p50", value: base, unit: "ms" },
      { name: "hook process p50", value: median(times.emit), unit: "ms" },
      { name: "hook process / empty Bun process", value: median(times.emit) / base, unit: "x", limit: 2.5 },
      { name: "hook with its launching shell p50", value: median(times.hook), unit: "ms" },
      {
        name: "hook with its launching shell / empty Bun process",
        value: median(times.hook) / base,
        unit: "x",
        note: "the shell finds the runtime and turns every failure into exit code 0",
      },
    ];
  });
}
