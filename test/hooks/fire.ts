import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ParsedRecord, parseRecord, type SpoolRecord } from "../../collector/hooks/spool-record.ts";
import hooksJson from "../../hooks/hooks.json" with { type: "json" };
import newerJson from "../../hooks/newer.json" with { type: "json" };

export const ROOT = join(import.meta.dir, "../..");
export const FIXTURES = join(ROOT, "test/fixtures/claude/hooks");

type HookCommand = { type: string; command: string; args: string[]; timeout: number; async?: boolean };
export const HOOKS: Record<string, { matcher?: string; hooks: HookCommand[] }[]> = {
  ...hooksJson.hooks,
  ...newerJson.hooks,
};

/** `is_recorded`: all of the payload was taken; a client shows an error where it was not. */
export type Fired = { code: number; stdout: string; stderr: string; wall_ms: number; is_recorded: boolean };

// biome-ignore lint/suspicious/noTemplateCurlyInString: the client's own placeholder
export const PLUGIN_ROOT = "${CLAUDE_PLUGIN_ROOT}";

/** What a client substitutes before it spawns; nothing else of the line is changed. */
export function commandLine(event: string, root = ROOT): string[] {
  const hook = HOOKS[event]?.[0]?.hooks[0];
  if (!hook) throw new Error(`${event} is not registered`);
  return [hook.command, ...hook.args].map((part) => part.replaceAll(PLUGIN_ROOT, root));
}

/** The program that needs no runtime, and what runs in its place on another system: a plugin without it. */
export type Carrier = { name: string; root: string };
export function carriers(): Carrier[] {
  const root = mkdtempSync(join(tmpdir(), "hall-runtime-"));
  for (const file of ["hooks/hall", "hooks/emit.js", "hooks/stop.js"])
    cpSync(join(ROOT, file), join(root, file), { recursive: true });
  process.on("exit", () => rmSync(root, { recursive: true, force: true }));
  return [
    { name: "native", root: ROOT },
    { name: "runtime", root },
  ];
}

export type Firing = {
  env?: Record<string, string>;
  cwd?: string;
  root?: string;
  command?: string[];
  /** Writes what it likes and may leave the pipe open; the default writes `payload` and ends. */
  write?: (stdin: Bun.FileSink) => unknown;
};

/** Runs the registered hook as the client does: exec form, own process, payload on stdin. */
export async function fireHook(
  event: string,
  payload: string | Uint8Array,
  firing: Firing = {},
): Promise<Fired> {
  const started = performance.now();
  const child = Bun.spawn(firing.command ?? commandLine(event, firing.root), {
    env: { PATH: process.env.PATH ?? "", HALL_AUTOSTART: "false", ...firing.env },
    cwd: firing.cwd ?? ROOT,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const write =
    firing.write ??
    (async (stdin: Bun.FileSink) => {
      await stdin.write(payload);
      return stdin.end();
    });
  // The pipe may break in the call itself or later.
  const written = (async () => write(child.stdin))().then(
    () => true,
    () => false,
  );
  const [code, stdout, stderr, is_recorded] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    firing.write ? true : written,
  ]);
  return { code, stdout, stderr, wall_ms: performance.now() - started, is_recorded };
}

/** So long a client waits for a hook. */
export const GRANTED_MS = 1000 * HOOKS.Stop![0]!.hooks[0]!.timeout;

export const SILENT = { code: 0, stdout: "", stderr: "" };

/** A folder that is gone after the test, even if the test took its rights away. */
export function tempFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "hall-hooks-"));
  return {
    path,
    [Symbol.dispose]() {
      chmodSync(path, 0o700);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Every line of every segment, as the importer cuts them. */
export function spoolLines(dataDir: string): ParsedRecord[] {
  const spool = join(dataDir, "spool");
  return readdirSync(spool)
    .filter((name) => name.endsWith(".log"))
    .sort()
    .flatMap((name) => segmentLines(readFileSync(join(spool, name))));
}

function segmentLines(bytes: Buffer): ParsedRecord[] {
  const found: ParsedRecord[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end > start) found.push(parseRecord(bytes, start, end));
    start = end + 1;
  }
  return found;
}

export function spoolRecords(dataDir: string): SpoolRecord[] {
  return spoolLines(dataDir).map((line) => {
    if (!line.ok) throw new Error(`${line.reason}: ${line.detail}`);
    return line;
  });
}

/** What the importer hands on: the payload that the agent sent. */
export function payloadOf(record: SpoolRecord, dataDir: string): unknown {
  const text = record.body.toString("utf8");
  if (record.kind === "hook-raw/1") return JSON.parse(JSON.parse(text) as string);
  if (record.kind.endsWith("hook-file/1"))
    return JSON.parse(readFileSync(join(dataDir, "spool/big", text), "utf8"));
  return JSON.parse(text);
}
