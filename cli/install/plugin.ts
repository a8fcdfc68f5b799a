import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { ROOT } from "../root.ts";
import { installations, sha256 } from "./record.ts";
import { PLUGIN, settingsPath } from "./settings.ts";
import { readSettings, replaceSettings } from "./settings-file.ts";

const MARKETPLACE = "hall-monitor";
const PATIENCE_MS = 120_000;

export function findClaude(): string | undefined {
  return Bun.which("claude") ?? undefined;
}

const STEPS = [
  ["plugin", "marketplace", "add", ROOT],
  ["plugin", "install", PLUGIN],
];

/** The commands of `installPlugin`, for a dry run. */
export const PLUGIN_COMMANDS = STEPS.map((args) => `claude ${args.join(" ")}`);

/** Has Claude Code install the plugin, and records the previous settings. */
export async function installPlugin(config: Config, claude: string): Promise<void> {
  const path = settingsPath(config);
  const before = readSettings(path);
  for (const args of STEPS) await run([claude, ...args]);
  const after = readSettings(path);
  installations(config.data_dir).save({
    path: after.path,
    way: "plugin",
    original: before.bytes,
    installed_sha256: sha256(after.bytes),
  });
}

/** Claude Code rewrites its settings; if nothing else changed since the install, their original bytes are restored. */
export async function uninstallPlugin(config: Config, claude: string): Promise<void> {
  const before = readSettings(settingsPath(config));
  const records = installations(config.data_dir);
  const record = records.load(before.path, "plugin");
  await run([claude, "plugin", "uninstall", PLUGIN]);
  await run([claude, "plugin", "marketplace", "remove", MARKETPLACE]);
  const after = readSettings(settingsPath(config));
  if (
    record &&
    record.installed_sha256 === sha256(before.bytes) &&
    sha256(after.bytes) !== sha256(record.original)
  )
    replaceSettings(after, record.original);
  records.forget(before.path, "plugin");
}

async function run(command: string[]): Promise<void> {
  const child = Bun.spawn(command, {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: PATIENCE_MS,
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if (code === 0) return;
  const output = (stderr.trim() || stdout.trim()).slice(-300);
  throw new AppError(
    "internal",
    `\`claude ${command.slice(1).join(" ")}\` ended with code ${code}: ${output}`,
    {
      hint: "or add the hooks to the settings yourself: `hall-monitor install --settings`",
    },
  );
}
