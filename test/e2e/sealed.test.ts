import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { COMMANDS } from "../../cli/commands.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { build } from "../../scripts/build.ts";
import { commandLine, HOOKS } from "../hooks/fire.ts";
import { ROOT } from "./daemon.ts";

const STATUS = JSON.stringify({ session_id: "S1", model: { display_name: "Opus" } });
const HOSTILE_PROGRAMS = ["bun", "node", "npm", "sh", "env", "readlink", "dirname", "touch", "mkdir", "cmp"];

/** A cloned repository that runs code and moves data wherever something takes its settings from it. */
function hostileProject() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "hall-sealed-")));
  const [project, mark, captured] = [
    join(folder, "a b/project"),
    join(folder, "mark"),
    join(folder, "captured"),
  ];
  const file = (name: string, text: string) => {
    mkdirSync(dirname(join(project, name)), { recursive: true });
    writeFileSync(join(project, name), text);
  };
  const note = `require("node:fs").appendFileSync(${JSON.stringify(mark)}, process.argv.join(" ") + "\\n");`;
  file("pre.ts", note);
  file("evil.ts", `${note}\nthrow new Error("foreign module");`);
  file("bunfig.toml", 'preload = ["./pre.ts"]\n[test]\npreload = ["./pre.ts"]\n');
  for (const name of [".env", ".env.local", ".env.production", ".env.development"])
    file(name, `HALL_DATA_DIR=${captured}\nHALL_TIME_ZONE=Nowhere/Land\nBUN_OPTIONS=--preload=./pre.ts\n`);
  const paths = Object.fromEntries(["zod", "hono", "preact", "*"].map((name) => [name, ["./evil.ts"]]));
  file("tsconfig.json", JSON.stringify({ compilerOptions: { jsx: "preserve", paths } }));
  file("package.json", '{"name":"x","type":"commonjs","workspaces":["*"]}');
  file(".npmrc", "registry=http://127.0.0.1:9\n");
  for (const name of HOSTILE_PROGRAMS) {
    file(`node_modules/.bin/${name}`, `#!/bin/sh\necho ${name} >> '${mark}'\nexit 1\n`);
    chmodSync(join(project, "node_modules/.bin", name), 0o755);
  }
  for (const name of ["zod", "hono"]) file(`node_modules/${name}/index.js`, note);
  mkdirSync(join(project, "src"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "bun"));
  const data = join(folder, "data");
  const env = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: join(folder, "home"),
    HALL_DATA_DIR: data,
    HALL_PORT: "0",
    HALL_TIME_ZONE: "UTC",
    HALL_AUTOSTART: "false",
    ENABLE_CODEX_SOURCE: "false",
    CLAUDE_STATUS_PATH: "",
  };
  mkdirSync(env.HOME);
  return {
    folder,
    project,
    data,
    bin,
    env,
    run(command: string[], more: { env?: Record<string, string>; cwd?: string; input?: string } = {}) {
      const done = Bun.spawnSync(command, {
        cwd: more.cwd ?? project,
        env: { ...env, ...more.env },
        stdin: Buffer.from(more.input ?? STATUS),
        timeout: 180_000,
      });
      return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString() };
    },
    /** What of the project ran, and whether data went where its .env points. */
    foreign: () => ({
      ran: existsSync(mark) ? readFileSync(mark, "utf8") : "",
      captured: existsSync(captured),
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const NOTHING = { ran: "", captured: false };
let at: ReturnType<typeof hostileProject>;
let plugin: string;

beforeAll(async () => {
  at = hostileProject();
  plugin = join(at.folder, "dist/plugin");
  await build(dirname(plugin));
});
afterAll(() => at.remove());

test("S1 the project is hostile: each switch alone leaves a way in", () => {
  const probe = hostileProject();
  const script = join(probe.folder, "script.ts");
  writeFileSync(script, "if (process.env.BUN_OPTIONS) throw process.env.BUN_OPTIONS;");
  for (const left of BUN_SEAL) {
    const run = probe.run([process.execPath, ...BUN_SEAL.filter((flag) => flag !== left), script]);
    expect([run.code !== 0, probe.foreign().ran !== ""]).toContain(true);
  }
  expect(probe.run([process.execPath, ...BUN_SEAL, script])).toEqual({ code: 0, out: "", err: "" });
  probe.remove();
});

/** Every way to the program, from the repository and from a build. */
const doors = (): [string, string[]][] => {
  const link = join(at.folder, "link");
  const command = join(at.bin, "hall-monitor");
  if (!existsSync(link)) {
    symlinkSync(join(ROOT, "bin/hall-monitor"), link);
    symlinkSync("../link", command);
  }
  return [
    ["the launcher", ["sh", join(ROOT, "bin/hall-monitor")]],
    ["a chain of links", [command]],
    ["a build", ["sh", join(plugin, "bin/hall-monitor")]],
  ];
};

test("S1 no command runs code or takes settings of the caller's folder, by any door", () => {
  for (const [, door] of doors())
    for (const { name } of COMMANDS.filter((c) => !["start", "tail"].includes(c.name)))
      at.run([...door, name, ...(["install", "uninstall"].includes(name) ? ["--settings"] : [])]);
  expect(at.foreign()).toEqual(NOTHING);
  const status = at.run(["sh", join(ROOT, "bin/hall-monitor"), "status", "--json"]);
  expect(JSON.parse(status.out)).toMatchObject({ time_zone: "UTC", data: { data_dir: at.data } });
});

test("S1 neither do programs that the project, npx or bunx put in front of the PATH", () => {
  const bins = join(at.project, "node_modules/.bin");
  const rest = at.env.PATH;
  for (const PATH of [
    `node_modules/.bin:${rest}`,
    `:${rest}`,
    `.:${rest}`,
    `${bins}:${rest}`,
    `${bins}/:${rest}`,
  ])
    for (const cwd of [at.project, join(at.project, "src"), join(at.project, "node_modules/.bin")])
      for (const [, [first, ...more]] of doors()) {
        // The shell itself is the caller's choice.
        const door = first === "sh" ? ["/bin/sh", ...more] : ["/bin/sh", first!];
        const npm = { npm_config_registry: "http://127.0.0.1:9", NODE_OPTIONS: "--require ./evil.ts" };
        const BUN_OPTIONS = "--preload=./pre.ts";
        const run = at.run([...door, "--version"], { cwd, env: { PATH, BUN_OPTIONS, ...npm } });
        expect({ ...run, out: "" }).toEqual({ code: 0, out: "", err: "" });
      }
  expect(at.foreign()).toEqual(NOTHING);
});

test("S1 bunx and npx run it sealed", () => {
  const own = hostileProject();
  symlinkSync(join(plugin, "bin/hall-monitor"), join(own.project, "node_modules/.bin/hall-monitor"));
  for (const name of HOSTILE_PROGRAMS)
    if (name !== "bun") rmSync(join(own.project, "node_modules/.bin", name));
  for (const runner of [[process.execPath, "x"], [Bun.which("npx") ?? "true"]]) {
    const run = own.run([...runner, "hall-monitor", "status", "--json"]);
    if (runner[0] !== "true") expect(JSON.parse(run.out).data.data_dir).toBe(own.data);
  }
  expect(own.foreign()).toEqual(NOTHING);
  own.remove();
});

test("S1 the status line that the help recommends is sealed, in a home with spaces too", () => {
  const spaced = join(at.folder, "it's a home/dist");
  mkdirSync(dirname(spaced));
  symlinkSync(dirname(plugin), spaced);
  for (const root of [ROOT, plugin]) {
    const help = at.run(["sh", join(root, "bin/hall-monitor"), "statusline", "--help"]).out;
    const { command } = JSON.parse(`{${/"statusLine": \{.*?\}/s.exec(help)![0]}}`).statusLine;
    const run = at.run(["/bin/sh", "-c", command]);
    expect(run).toEqual({ code: 0, out: "Opus\n", err: "" });
    expect(at.run(["/bin/sh", "-c", `${command} --wrap 'cat >/dev/null; echo mine'`]).out).toBe("mine\n");
  }
  expect(at.foreign()).toEqual(NOTHING);
});

test("S1 every hook is sealed", () => {
  for (const root of [ROOT, plugin])
    for (const event of Object.keys(HOOKS)) {
      const payload = JSON.stringify({ session_id: "S1", hook_event_name: event, cwd: at.project });
      const fired = at.run(commandLine(event, root), { input: `${payload}\n` });
      expect(fired).toEqual({ code: 0, out: "", err: "" });
    }
  expect(at.foreign()).toEqual(NOTHING);
  expect(readdirSync(join(at.data, "spool")).some((name) => name.endsWith(".log"))).toBe(true);
});

test("S1 a daemon is sealed, also in the background, and its children start in no project", async () => {
  const own = hostileProject();
  const seen = join(own.folder, "seen");
  const status = join(own.folder, "status");
  writeFileSync(status, `#!/bin/sh\npwd > '${seen}.tmp'; env >> '${seen}.tmp'; mv '${seen}.tmp' '${seen}'\n`);
  chmodSync(status, 0o755);
  const launcher = ["sh", join(ROOT, "bin/hall-monitor")];
  const started = own.run([...launcher, "start", "--detach", "--json"], {
    env: { CODEX_STATUS_PATH: status },
  });
  try {
    expect(started).toMatchObject({ code: 0, err: "" });
    for (const end = Date.now() + 10_000; !existsSync(seen) && Date.now() < end; ) Bun.sleepSync(20);
    const child = readFileSync(seen, "utf8");
    expect(child.split("\n")[0]).toBe("/");
    expect(child).not.toContain("Nowhere");
    const { data } = JSON.parse(own.run([...launcher, "status", "--json"]).out);
    expect(data.time_zone).toBe("UTC");
    expect(await (await fetch(`${data.url}/app.js`)).text()).not.toContain("foreign module");
    expect(existsSync(join(own.data, "hall.db"))).toBe(true);
  } finally {
    expect(own.run([...launcher, "stop"]).code).toBe(0);
  }
  expect(own.foreign()).toEqual(NOTHING);
  own.remove();
});
