import { expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
/** What the scripts need of a system; nothing here can find a Bun or an npm by accident. */
const SYSTEM_COMMANDS = [
  "sh",
  "dirname",
  "readlink",
  "cmp",
  "cp",
  "mkdir",
  "cat",
  "ln",
  "touch",
  "find",
  "xargs",
  "cksum",
  "sort",
  "rm",
];
/** The compiler's last tier, off with 0. */
const SWITCH = "BUN_JSC_useFTLJIT";
const SWITCHES = `${SWITCH}=0 BUN_JSC_forceRAMSize=402653184`;
const REPORT = "console.log(JSON.stringify({ args: process.argv.slice(2), bun: process.execPath }));\n";

type Bench = { root: string; path: string; home: string; [Symbol.dispose](): void };

/** A copy of `bin/` beside a program of one line, and a PATH that holds only what the test puts there. */
function bench(layout: "source" | "dist"): Bench {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "hall-launcher-")));
  const [root, path, home] = [join(folder, "repo"), join(folder, "path"), join(folder, "home")];
  for (const dir of [join(root, "cli"), path, home]) mkdirSync(dir, { recursive: true });
  for (const path of ["bin", "scripts/prepare.sh", "scripts/test.sh"])
    cpSync(join(ROOT, path), join(root, path), { recursive: true });
  writeFileSync(join(root, "cli", layout === "source" ? "main.ts" : "main.js"), REPORT);
  if (layout === "source") {
    mkdirSync(join(root, "node_modules"));
    writeFileSync(join(root, "bun.lock"), "lock 1\n");
    writeFileSync(join(root, "node_modules/.installed-bun.lock"), "lock 1\n");
  }
  for (const name of SYSTEM_COMMANDS) symlinkSync(Bun.which(name)!, join(path, name));
  return { root, path, home, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function script(path: string, lines: string): void {
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
}

function launch(at: Bench, args: string[], options: { command?: string; cwd?: string } = {}) {
  const done = Bun.spawnSync(["sh", options.command ?? join(at.root, "bin/hall-monitor"), ...args], {
    cwd: options.cwd ?? at.home,
    env: { PATH: at.path, HOME: at.home },
  });
  return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString() };
}

test("F000.A3 the launcher runs from any folder and through a chain of links, and prints nothing of its own", () => {
  using at = bench("source");
  symlinkSync(process.execPath, join(at.path, "bun"));
  symlinkSync(join(at.root, "bin/hall-monitor"), join(at.home, "absolute"));
  symlinkSync("../home/absolute", join(at.path, "hall-monitor"));
  const run = launch(at, ["tail", "--json", "two words", ""], {
    command: join(at.path, "hall-monitor"),
    cwd: "/",
  });
  expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(run.out).args).toEqual(["tail", "--json", "two words", ""]);
});

test("F000.A4 without Bun the launcher installs one beside itself, also where npm ran no install script", () => {
  using at = bench("source");
  const folder = "node_modules/@oven/bun-test-x64/bin";
  // What npm 11 leaves with scripts blocked: a stub that fails, and the real binary in the platform's package.
  script(
    join(at.path, "npm"),
    `mkdir -p node_modules/.bin ${folder}
printf '#!/bin/sh\\nexit 1\\n' > node_modules/.bin/bun
ln -s ${process.execPath} ${folder}/bun
echo "added 2 packages"`,
  );
  const first = launch(at, ["status"]);
  expect(first.code).toBe(0);
  expect(JSON.parse(first.out).args).toEqual(["status"]);
  expect(first.err).toContain("installing bun@");
  expect(launch(at, ["status"]).err).toBe("");
});

test("F000.A5 with neither Bun nor npm the launcher names both ways out", () => {
  using at = bench("source");
  const run = launch(at, ["start"]);
  expect({ code: run.code, out: run.out }).toEqual({ code: 69, out: "" });
  expect(run.err).toContain("https://bun.sh/install");
  expect(run.err).toContain("https://nodejs.org");
});

test("F000 where the launcher may not write, it reports that and a fix, and nothing of the shell's", () => {
  using at = bench("source");
  script(join(at.path, "npm"), "exit 1");
  mkdirSync(join(at.root, ".bun"));
  // Not writable, by root either.
  symlinkSync(join(at.home, "missing/package.json"), join(at.root, ".bun/package.json"));
  const run = launch(at, ["status"]);
  expect(run.code).toBe(69);
  expect(run.err).toMatch(
    /^hall-monitor: no Bun .*\nhall-monitor: cannot write to .*\n {2}make the folder writable.*\n$/,
  );
});

test("F000 a Bun that is too old is passed over", () => {
  using at = bench("source");
  script(join(at.path, "bun"), "echo 1.1.45");
  mkdirSync(join(at.home, ".bun/bin"), { recursive: true });
  symlinkSync(process.execPath, join(at.home, ".bun/bin/bun"));
  const run = launch(at, ["doctor"]);
  expect(run.code).toBe(0);
  expect(JSON.parse(run.out).bun).toBe(process.execPath);
});

test("F000 a changed lock file installs the dependencies, to stderr, and an unreachable one prints what to do", () => {
  using at = bench("source");
  // A lock file that Bun cannot read: the installation starts and fails without a network.
  writeFileSync(join(at.root, "bun.lock"), "lock 2\n");
  writeFileSync(join(at.root, "package.json"), '{"name":"x","dependencies":{"zod":"4.6.7"}}');
  symlinkSync(process.execPath, join(at.path, "bun"));
  const run = launch(at, ["start"]);
  expect({ code: run.code, out: run.out }).toEqual({ code: 69, out: "" });
  expect(run.err).toContain("installing dependencies");
  expect(run.err).toContain("run this command again");
});

test("F000 the product fetches what it runs with, the tests all that there is, each of them once", () => {
  using at = bench("source");
  rmSync(join(at.root, "node_modules"), { recursive: true });
  const log = join(at.home, "calls");
  // Installs nothing, and notes its arguments.
  script(
    join(at.path, "bun"),
    `case "$*" in
install*) echo "$@" >> ${log}; mkdir -p node_modules ;;
*execPath*) printf '1.4.5 %s' "$0" ;;
*) exec ${process.execPath} "$@" ;;
esac`,
  );
  const test = { command: join(at.root, "scripts/test.sh") };
  const installed = (): string[] => readFileSync(log, "utf8").trim().split("\n");
  expect([launch(at, ["status"]).code, launch(at, ["status"]).code]).toEqual([0, 0]);
  expect(installed()).toEqual(["install --frozen-lockfile --production"]);
  for (let run = 1; run <= 2; run++) launch(at, ["none"], test);
  expect(launch(at, ["status"]).code).toBe(0);
  expect(installed()).toEqual(["install --frozen-lockfile --production", "install --frozen-lockfile"]);
});

test("F000 a built package runs its main.js and installs nothing", () => {
  using at = bench("dist");
  symlinkSync(process.execPath, join(at.path, "bun"));
  const run = launch(at, ["start"]);
  expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: "" });
});

/** A `bun` that notes each call and its folder; the answer names the real one. */
function countingBun(at: Bench, version: string): void {
  script(
    join(at.path, "bun"),
    `case "$*" in
*execPath*) pwd >> ${join(at.home, "calls")}; printf '%s %s' ${version} ${process.execPath} ;;
*) echo "run as a shim" >&2; exit 1 ;;
esac`,
  );
}
const logOf = (at: Bench) => readFileSync(join(at.home, "calls"), "utf8").trim().split("\n");

test("F000 a Bun that answered once is not asked again, until the file is another one", () => {
  using at = bench("source");
  symlinkSync(process.execPath, join(at.path, "bun"));
  expect(launch(at, ["status"]).code).toBe(0);
  const works = join(at.root, ".bun/works");
  expect(readFileSync(works, "utf8")).toBe(`${join(at.path, "bun")}\n${process.execPath}\n${SWITCHES}\n`);
  // The same path with a Bun of another day: it is too old, and found out.
  rmSync(join(at.path, "bun"));
  script(join(at.path, "bun"), "echo 1.1.45");
  mkdirSync(join(at.home, ".bun/bin"), { recursive: true });
  symlinkSync(process.execPath, join(at.home, ".bun/bin/bun"));
  const run = launch(at, ["status"]);
  expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(run.out).bun).toBe(process.execPath);
});

test("F000.A3 what reads history runs without the compiler's last tier and with little memory, and nothing else does", () => {
  using at = bench("source");
  symlinkSync(process.execPath, join(at.path, "bun"));
  const names = SWITCHES.split(" ").map((one) => one.split("=")[0]);
  writeFileSync(
    join(at.root, "cli/main.ts"),
    `console.log(${JSON.stringify(names)}.flatMap((name) => process.env[name] ? name + "=" + process.env[name] : []).join(" "));\n`,
  );
  const output = (command: string) => launch(at, [command]).out.trim();
  expect(["backfill", "backfill", "start", "status"].map(output)).toEqual([SWITCHES, SWITCHES, SWITCHES, ""]);
  // An earlier version remembered one of them.
  const works = join(at.root, ".bun/works");
  const { mtime } = statSync(works);
  writeFileSync(works, readFileSync(works, "utf8").replace(SWITCHES, `${SWITCH}=0`));
  utimesSync(works, mtime, mtime);
  expect(output("start")).toBe(SWITCHES);
});

test("F000.A3 a Bun that does not know the switch is never given it", () => {
  using at = bench("source");
  const bun = join(at.path, "bun");
  writeFileSync(join(at.root, "cli/main.ts"), `console.log(process.env.${SWITCH} ?? "all tiers");\n`);
  // It identifies itself as Bun, and stops where the switch is set, as Bun does with one that it does not know.
  script(
    bun,
    `[ -z "\${${SWITCH}+set}" ] || exit 1\ncase "$*" in *execPath*) printf '1.4.5 %s' ${bun} ;; *) exec ${process.execPath} "$@" ;; esac`,
  );
  for (let start = 1; start <= 2; start++) {
    const run = launch(at, ["backfill"]);
    expect({ code: run.code, out: run.out.trim() }).toEqual({ code: 0, out: "all tiers" });
    expect(readFileSync(join(at.root, ".bun/works"), "utf8")).toBe(`${bun}\n${bun}\n\n`);
  }
});

test("F000 a shim in front of Bun is run at every start, in our folder, and the real Bun runs in the caller's", () => {
  using at = bench("source");
  countingBun(at, "1.4.5");
  for (let start = 1; start <= 3; start++) {
    expect(launch(at, ["status"])).toMatchObject({ code: 0, err: "" });
    expect(logOf(at)).toEqual(Array(start).fill(at.root));
  }
  countingBun(at, "1.1.45");
  expect(launch(at, ["status"]).code).toBe(69);
});

/** A builder that notes its calls and makes a program of one line, and the folders that it builds from. */
function builder(at: Bench, lines = ""): { builds(): number; run(command: string): string } {
  const log = join(at.home, "builds");
  for (const dir of ["collector", "hooks", "schema", "store", "viewer"]) mkdirSync(join(at.root, dir));
  for (const name of ["package.json", "tsconfig.json"]) writeFileSync(join(at.root, name), "{}");
  writeFileSync(
    join(at.root, "scripts/build-program.ts"),
    `import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
    appendFileSync(${JSON.stringify(log)}, "one\\n");
    ${lines}
    const cli = import.meta.dir + "/../.bun/program/" + Bun.argv[2] + "/cli";
    mkdirSync(cli, { recursive: true });
    writeFileSync(cli + "/main.js", "console.log('build')");\n`,
  );
  writeFileSync(join(at.root, "cli/main.ts"), "console.log('sources');\n");
  symlinkSync(process.execPath, join(at.path, "bun"));
  return {
    builds: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").length : 0),
    run(command) {
      const { code, out, err } = launch(at, [command]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      return out.trim();
    },
  };
}

test("F000.A3 what runs long or reads history runs from a build of the checkout, made once for the same sources", () => {
  using at = bench("source");
  const { builds, run } = builder(at);
  expect(["start", "backfill", "start", "status"].map(run)).toEqual(["build", "build", "build", "sources"]);
  expect(builds()).toBe(1);
  // The same length and the same time, as a restored backup or a wrong clock may have them.
  const changed = join(at.root, "schema/one.ts");
  writeFileSync(changed, "one");
  expect([run("start"), builds()]).toEqual(["build", 2]);
  const { atime, mtime } = statSync(changed);
  writeFileSync(changed, "two");
  utimesSync(changed, atime, mtime);
  expect([run("start"), builds()]).toEqual(["build", 3]);
  writeFileSync(changed, "one");
  expect([run("start"), builds()]).toEqual(["build", 3]);
});

test("F000.A3 where a checkout cannot keep a build, its sources run", () => {
  using failing = bench("source");
  expect(builder(failing, "process.exit(1);").run("start")).toBe("sources");

  using unwritable = bench("source");
  mkdirSync(join(unwritable.root, ".bun"));
  writeFileSync(join(unwritable.root, ".bun/program"), "a file");
  expect(builder(unwritable).run("start")).toBe("sources");

  for (const name of ["find", "xargs", "cksum"]) {
    using bare = bench("source");
    const { builds, run } = builder(bare);
    rmSync(join(bare.path, name));
    expect([name, run("start"), builds()]).toEqual([name, "sources", 0]);
  }
});

test("F000.A3 sources that change while they are built do not become the build of what they were", () => {
  using at = bench("source");
  const { builds, run } = builder(
    at,
    `writeFileSync(import.meta.dir + "/../schema/one.ts", String(Math.min(2, (await Bun.file(${JSON.stringify(join(at.home, "builds"))}).text()).length / 4)));`,
  );
  expect([run("start"), builds()]).toEqual(["sources", 1]);
  expect([run("start"), builds()]).toEqual(["sources", 2]);
  expect([run("start"), builds()]).toEqual(["build", 3]);
});

test("F000 a start by a hook fetches neither Bun nor the dependencies", () => {
  using at = bench("source");
  script(join(at.path, "npm"), `echo npm >> ${join(at.home, "calls")}`);
  expect(launch(at, ["start", "--from-hook"])).toEqual({ code: 69, out: "", err: "" });
  expect(existsSync(join(at.home, "calls"))).toBe(false);
  symlinkSync(process.execPath, join(at.path, "bun"));
  expect(launch(at, ["start", "--from-hook"]).code).toBe(0);
  writeFileSync(join(at.root, "bun.lock"), "lock 2\n");
  expect(launch(at, ["start", "--from-hook"])).toEqual({ code: 69, out: "", err: "" });
});
