import { expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { commandLine, fireHook, GRANTED_MS, ROOT, SILENT, spoolRecords, tempFolder } from "./fire.ts";

const PAYLOAD = `${JSON.stringify({ session_id: "s1", cwd: "/w", hook_event_name: "SessionStart" })}\n`;

type Start = { argv: string[]; cwd: string; env: Record<string, string>; session: number; pid: number };

/** A built plugin with a daemon that only records how it was started: the contract is the start, not the daemon. */
function plugin(main = "cli/main.js", carrier: "native" | "runtime" = "native") {
  const base = tempFolder();
  const root = join(base.path, "plugin");
  const data = join(base.path, "data");
  const starts = join(base.path, "starts");
  const started = join(base.path, "started");
  for (const file of carrier === "native"
    ? ["hall", "hall-linux-x64", "hall-linux-arm64", "emit.js"]
    : ["hall", "emit.js"])
    cpSync(join(ROOT, "hooks", file), join(root, "hooks", file), { recursive: true });
  for (const path of ["bin", "scripts/prepare.sh", "scripts/test.sh"])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  mkdirSync(join(root, "cli"));
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(root, main), daemonText(starts, started));
  Bun.spawnSync(["mkfifo", started]);
  // As if these were the dependencies of its lock file.
  const installed = () => {
    mkdirSync(join(root, "node_modules"));
    for (const path of ["bun.lock", "node_modules/.installed-bun.lock"]) writeFileSync(join(root, path), "");
  };
  const env = { HALL_DATA_DIR: data, XDG_RUNTIME_DIR: base.path };
  const fire = async (more: Record<string, string> = {}, event = "SessionStart") => {
    // Hooks of other tests never start anything; here the variable must be absent for the default to show.
    const command = ["env", "-u", "HALL_AUTOSTART", ...Object.entries(more).map(([k, v]) => `${k}=${v}`)];
    const line = [...command, ...commandLine(event, root)];
    const fired = await fireHook(event, PAYLOAD, { env, command: line });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
  };
  return {
    root,
    data,
    fire,
    installed,
    /** Waits until a daemon has started. */
    started: () => Bun.file(started).text(),
    starts: (): Start[] =>
      existsSync(starts)
        ? readFileSync(starts, "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Start)
        : [],
    running: () => processesOf(root),
    [Symbol.dispose]() {
      for (const pid of processesOf(root)) end(pid);
      base[Symbol.dispose]();
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid);
  } catch {
    // It has ended by itself.
  }
}

/** A daemon waits for someone to hear it, so one that was started is still there when the hook is gone. */
function processesOf(root: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && isProcessOf(root, name))
    .map(Number);
}

function isProcessOf(root: string, pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`${root}/cli/main`);
  } catch {
    return false;
  }
}

function daemonText(starts: string, started: string): string {
  return `
    import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
    const session = Number(readFileSync("/proc/self/stat", "utf8").split(") ")[1].split(" ")[3]);
    const { argv, env, pid } = process;
    appendFileSync(${JSON.stringify(starts)}, JSON.stringify({ argv: argv.slice(1), cwd: process.cwd(), env, session, pid }) + "\\n");
    writeFileSync(${JSON.stringify(started)}, "started");
    if (argv[2] === "stay") setInterval(() => {}, 1000);
  `;
}

const onLinux = test.skipIf(process.platform !== "linux");

test.skipIf(process.platform !== "linux").each(["native", "runtime"] as const)(
  "F012.A4 SessionStart starts the daemon in a session of its own, in the data folder, without the agent's keys (%s)",
  async (carrier) => {
    using at = plugin("cli/main.js", carrier);
    await at.fire({ ANTHROPIC_API_KEY: "sk-secret", HALL_PORT: "0" });
    await at.started();
    const [start] = at.starts();
    expect(start!.argv).toEqual([join(at.root, "cli/main.js"), "start", "--from-hook"]);
    expect(start!.cwd).toBe(at.data);
    expect(start!.session).toBe(start!.pid);
    expect(start!.env).toMatchObject({ HALL_DATA_DIR: at.data, HALL_PORT: "0" });
    expect(start!.env.ANTHROPIC_API_KEY).toBeUndefined();
    expect(spoolRecords(at.data)).toHaveLength(1);
  },
);

onLinux("F012 the daemon's source is started where the plugin is a checkout with its modules", async () => {
  using at = plugin("cli/main.ts");
  await at.fire();
  expect(at.running()).toEqual([]);
  at.installed();
  await at.fire();
  await at.started();
  expect(at.starts().map((start) => start.argv[0])).toEqual([join(at.root, "cli/main.ts")]);
});

onLinux("F012.A3 HALL_AUTOSTART off, and any other event, start nothing", async () => {
  using at = plugin();
  for (const HALL_AUTOSTART of ["false", "0", "no", "OFF", ""]) await at.fire({ HALL_AUTOSTART });
  await at.fire({}, "Stop");
  expect(at.running()).toEqual([]);
  await at.fire({ HALL_AUTOSTART: "true" });
  await at.started();
  expect(at.starts()).toHaveLength(1);
  expect(spoolRecords(at.data)).toHaveLength(7);
});

onLinux("F012 a daemon that runs is left alone; one that only left its file is replaced", async () => {
  using at = plugin();
  const running = Bun.spawn([process.execPath, join(at.root, "cli/main.js"), "stay"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  await at.started();
  const note = (pid: number) =>
    writeFileSync(join(at.data, "daemon.json"), JSON.stringify({ pid, url: "u", token: "t" }));
  note(running.pid);
  await at.fire();
  expect(at.running()).toEqual([running.pid]);
  running.kill();
  await running.exited;
  await at.fire();
  await at.started();
  expect(at.starts()).toHaveLength(2);
});

onLinux(
  "F012 the pid in an old daemon.json, or a broken daemon.json, does not pass for a daemon",
  async () => {
    using at = plugin();
    const file = join(at.data, "daemon.json");
    for (const text of [JSON.stringify({ pid: 1 }), '{"pid":-1}', '{"pid":"x"}', "{torn", "null"]) {
      writeFileSync(file, text);
      if (text.includes(":1}")) utimesSync(file, 1, 1);
      await at.fire();
      await at.started();
    }
    rmSync(file);
    mkdirSync(file);
    await at.fire();
    await at.started();
    expect(at.starts()).toHaveLength(6);
  },
);

onLinux("F012 what a daemon needs to reach the vendors behind a proxy is handed on", async () => {
  using at = plugin();
  const given = {
    HTTPS_PROXY: "http://127.0.0.1:9",
    no_proxy: "localhost",
    NODE_EXTRA_CA_CERTS: "/etc/ca.pem",
    SSL_CERT_FILE: "/etc/ssl.pem",
    CODEX_CA_CERTIFICATE: "/etc/codex.pem",
  };
  await at.fire({ ...given, NODE_OPTIONS: "--no-warnings", OPENAI_API_KEY: "sk" });
  await at.started();
  const [start] = at.starts();
  expect(start!.env).toMatchObject(given);
  expect([start!.env.NODE_OPTIONS, start!.env.OPENAI_API_KEY]).toEqual([undefined, undefined]);
});

const node = Bun.which("node");

onLinux.skipIf(!node)("F012 a hook that runs on Node starts the daemon on the private Bun", async () => {
  using at = plugin();
  const own = join(at.root, ".bun/node_modules/.bin");
  mkdirSync(own, { recursive: true });
  symlinkSync(process.execPath, join(own, "bun"));
  const path = join(at.root, "path");
  mkdirSync(path);
  for (const name of ["sh", "env", "mkdir", "touch", "head"]) symlinkSync(Bun.which(name)!, join(path, name));
  symlinkSync(node!, join(path, "node"));
  await at.fire({ PATH: path, HOME: at.data });
  await at.started();
  expect(at.starts()[0]!.argv).toEqual([join(at.root, "cli/main.js"), "start", "--from-hook"]);
  expect(spoolRecords(at.data)).toHaveLength(1);
});
