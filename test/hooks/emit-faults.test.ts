import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { countLost } from "../../collector/spool-keeper.ts";
import { keepRoomForLosses } from "../../hooks/append.ts";
import { secondDirectory, spoolSegment } from "../../schema/names.ts";
import { until } from "../e2e/daemon.ts";
import {
  carriers,
  commandLine,
  fireHook,
  GRANTED_MS,
  ROOT,
  SILENT,
  spoolLines,
  spoolRecords,
  tempFolder,
} from "./fire.ts";

const PAYLOAD = `${JSON.stringify({ session_id: "s1", cwd: "/w", hook_event_name: "Stop" })}\n`;
const canMount = process.getuid?.() === 0 && process.platform === "linux" && tryMount();

/** A data folder and a runtime folder, as a login has them. */
function places() {
  const base = tempFolder();
  const runtime = join(base.path, "run");
  const data = join(base.path, "data");
  mkdirSync(runtime, { mode: 0o700 });
  const env = { HALL_DATA_DIR: data, XDG_RUNTIME_DIR: runtime };
  return {
    base: base.path,
    data,
    runtime: join(runtime, "hall-monitor"),
    env,
    [Symbol.dispose]: base[Symbol.dispose],
  };
}

describe.each(carriers())("the $name carrier", ({ root: of }) => {
  async function fireQuietly(env: Record<string, string>, more: Parameters<typeof fireHook>[2] = {}) {
    const fired = await fireHook("Stop", PAYLOAD, { env, root: of, ...more });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
  }

  test("F35 without HOME the record goes to the runtime folder", async () => {
    using at = places();
    await fireQuietly({ XDG_RUNTIME_DIR: at.env.XDG_RUNTIME_DIR });
    expect(spoolRecords(at.runtime)).toHaveLength(1);
  });

  test("F35 without any folder the hook still ends well", async () => {
    await fireQuietly({});
  });

  test("F35 a relative data folder is not made in the plugin", async () => {
    using at = places();
    await fireQuietly({ ...at.env, HALL_DATA_DIR: "data" });
    expect(spoolRecords(at.runtime)).toHaveLength(1);
    expect(existsSync(join(ROOT, "hooks/data"))).toBe(false);
  });

  test("F35 a deleted working folder does not matter", async () => {
    using at = places();
    const gone = join(at.base, "gone");
    mkdirSync(gone);
    const line = commandLine("Stop", of).map((part) => `'${part.replaceAll("'", `'\\''`)}'`);
    const command = ["sh", "-c", `cd '${gone}' && rmdir '${gone}' && exec ${line.join(" ")}`];
    const fired = await fireHook("Stop", PAYLOAD, { env: at.env, root: of, command });
    // dash itself reports that it cannot find its folder, before it reads its first command.
    expect({ code: fired.code, stdout: fired.stdout }).toEqual({ code: 0, stdout: "" });
    expect(spoolRecords(at.data)).toHaveLength(1);
  });

  test("F26 a data folder that cannot be made leaves the record in the runtime folder", async () => {
    using at = places();
    writeFileSync(join(at.base, "file"), "");
    await fireQuietly({ ...at.env, HALL_DATA_DIR: join(at.base, "file/data") });
    expect(spoolRecords(at.runtime)).toHaveLength(1);
  });

  test.skipIf(!canMount)(
    "F26 a data folder on a read-only disk leaves the record in the runtime folder",
    async () => {
      using at = places();
      using _ = tmpfs(at.data, "size=64k,mode=700,ro");
      await fireQuietly(at.env);
      expect(spoolRecords(at.runtime)).toHaveLength(1);
    },
  );

  test.skipIf(!canMount)(
    "F6 a disk that fills up within a record leaves the whole record in the runtime folder",
    async () => {
      using at = places();
      using _ = tmpfs(at.data, "size=64k,mode=700");
      const big = `${JSON.stringify({ session_id: "s1", hook_event_name: "Stop", note: "n".repeat(40_000) })}\n`;
      for (let i = 0; i < 3; i++)
        expect(await fireHook("Stop", big, { env: at.env, root: of })).toMatchObject(SILENT);
      expect(spoolRecords(at.runtime).map((r) => `${r.body}\n`)).toEqual([big, big]);
      const kept = spoolLines(at.data);
      expect(kept[0]).toMatchObject({ ok: true });
      // What a short write left is seen as torn, not as a record.
      for (const line of kept.slice(1)) expect(line).toMatchObject({ ok: false, reason: "torn_record" });
    },
  );

  test.skipIf(!canMount)("F6 a disk without room for a body of its own leaves nothing behind", async () => {
    using at = places();
    using _ = tmpfs(at.data, "size=1m,mode=700");
    const big = `${JSON.stringify({ session_id: "s1", hook_event_name: "Stop", note: "n".repeat(5_000_000) })}\n`;
    expect(await fireHook("Stop", big, { env: at.env, root: of })).toMatchObject(SILENT);
    expect(readdirSync(join(at.data, "spool/big"))).toEqual([]);
    expect(spoolRecords(at.runtime)).toMatchObject([{ kind: "hook-file/1" }]);
  });

  test("F6 a loss is counted by one byte where no record can be written", async () => {
    using at = places();
    mkdirSync(join(at.data, "spool"), { recursive: true, mode: 0o700 });
    for (const segment of segments()) mkdirSync(join(at.data, "spool", segment));
    writeFileSync(join(at.base, "file"), "");
    const env = { HALL_DATA_DIR: at.data, XDG_RUNTIME_DIR: join(at.base, "file/none") };
    for (let i = 0; i < 3; i++) await fireQuietly(env);
    expect(countLost([join(at.data, "spool")], Date.now())).toEqual({ events: 3, is_recent: true });
  });

  test.skipIf(!canMount)(
    "EC009 F6 on two full disks each of 60 losses is counted, in room that was kept for it",
    async () => {
      using at = places();
      using _ = tmpfs(at.data, "size=64k,mode=700");
      using __ = tmpfs(join(at.base, "run"), "size=16k,mode=700");
      await fireQuietly(at.env);
      fill(join(at.data, "filler"));
      fill(join(at.base, "run/filler"));
      // What is left of the last page of the segment takes a few more records.
      const big = `${JSON.stringify({ session_id: "s1", hook_event_name: "Stop", note: "n".repeat(4000) })}\n`;
      for (let i = 0; i < 60; i++)
        expect(await fireHook("Stop", big, { env: at.env, root: of })).toMatchObject(SILENT);
      const kept = [at.data, at.runtime].flatMap((d) =>
        existsSync(join(d, "spool")) ? spoolLines(d).filter((l) => l.ok) : [],
      );
      const lost = countLost([join(at.data, "spool"), join(at.runtime, "spool")], Date.now());
      expect(lost.events).toBe(60 - (kept.length - 1));
      expect(lost.events).toBeGreaterThan(50);
    },
  );

  test.skipIf(!canMount)(
    "EC009 F6 a full disk without XDG_RUNTIME_DIR loses nothing: memory takes the records",
    async () => {
      using at = places();
      using _ = tmpfs(at.data, "size=64k,mode=700");
      fill(join(at.data, "filler"));
      const second = secondDirectory({}, at.data, process.getuid!())!;
      try {
        for (let i = 0; i < 10; i++) await fireQuietly({ HALL_DATA_DIR: at.data });
        expect(spoolRecords(second)).toHaveLength(10);
        expect(statSync(second).mode & 0o777).toBe(0o700);
      } finally {
        rmSync(second, { recursive: true, force: true });
      }
    },
  );

  test("T22 a link of ours to a folder of ours is the person's wish: records go through it, with a slash or not", async () => {
    using at = places();
    const real = folder(join(at.base, "real"), 0o700);
    symlinkSync(real, at.data);
    await fireQuietly(at.env);
    await fireQuietly({ ...at.env, HALL_DATA_DIR: `${at.data}/` });
    expect(spoolRecords(real)).toHaveLength(2);
  });

  const TAMPERED: [string, (at: ReturnType<typeof places>, bait: string) => unknown][] = [
    [
      "the data folder is a link to one that others may write",
      (at, bait) => {
        chmodSync(bait, 0o777);
        symlinkSync(bait, at.data);
      },
    ],
    ["the data folder is a link to nothing", (at) => symlinkSync(join(at.base, "nothing"), at.data)],
    [
      "the spool is a link to one that the group may write",
      (at, bait) => {
        chmodSync(bait, 0o770);
        symlinkSync(bait, join(folder(at.data, 0o700), "spool"));
      },
    ],
    ["others may write the data folder", (at) => folder(at.data, 0o777)],
    ["the group may write the spool", (at) => chmodSync(spoolOf(at.data), 0o770)],
    ["the spool is a file", (at) => writeFileSync(join(folder(at.data, 0o700), "spool"), "")],
    [
      "the segment is a link",
      (at, bait) => inSegments(at.data, (path) => symlinkSync(join(bait, "file"), path)),
    ],
    [
      "the segment is a hard link",
      (at, bait) => inSegments(at.data, (path) => linkSync(join(bait, "file"), path)),
    ],
    ["the segment is a FIFO", (at) => inSegments(at.data, (path) => void Bun.spawnSync(["mkfifo", path]))],
    ["the segment is a device", (at) => inSegments(at.data, (path) => symlinkSync("/dev/full", path))],
    ["the segment is a folder", (at) => inSegments(at.data, (path) => mkdirSync(path))],
  ];
  for (const [name, tamper] of TAMPERED)
    test(`T22 ${name}: nothing is written through, the runtime folder takes the record`, async () => {
      using at = places();
      const bait = join(at.base, "bait");
      mkdirSync(bait, { mode: 0o700 });
      writeFileSync(join(bait, "file"), "mine");
      tamper(at, bait);
      await fireQuietly(at.env);
      expect(readdirSync(bait)).toEqual(["file"]);
      expect(readFileSync(join(bait, "file"), "utf8")).toBe("mine");
      expect(existsSync(join(at.base, "nothing"))).toBe(false);
      expect(spoolRecords(at.runtime)).toHaveLength(1);
    });

  test("F35 a plugin without script and carrier takes the whole payload, so the client sees no broken pipe", async () => {
    using at = places();
    const root = join(at.base, "plugin");
    cpSync(join(ROOT, "hooks/hall"), join(root, "hooks/hall"), { recursive: true });
    const big = `${"x".repeat(5_000_000)}\n`;
    for (const text of [big, PAYLOAD])
      expect(await fireHook("Stop", text, { env: at.env, root })).toMatchObject({
        ...SILENT,
        is_recorded: true,
      });
    expect(existsSync(at.data)).toBe(false);
  });

  test("F35 no runtime, a broken one and one that fails end well; the next one that works records", async () => {
    using at = places();
    const bins = ["none", "broken", "failing"].map((name) => join(at.base, name));
    for (const bin of bins) mkdirSync(bin);
    writeFileSync(join(bins[1]!, "bun"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0]), { mode: 0o755 });
    writeFileSync(join(bins[2]!, "bun"), "#!/bin/sh\necho out; echo err >&2; exit 2\n", { mode: 0o755 });
    // Under the name of sh, as it is on macOS; under its own name it would read ~/.bashrc for a socket on stdin.
    const bash = join(at.base, "sh");
    symlinkSync("/bin/bash", bash);
    // Without the checkout's own node_modules there is only what PATH names (and what the machine has in /usr/local).
    const root = join(at.base, "plugin");
    for (const file of ["hooks/hall", "hooks/emit.js"])
      cpSync(join(ROOT, file), join(root, file), { recursive: true });
    for (const PATH of [bins[0]!, "", bins[1]!, bins[2]!, "relative:also/relative"])
      for (const shell of ["/bin/sh", bash])
        await fireQuietly({ ...at.env, PATH }, { command: [shell, ...commandLine("Stop", root)] });
    const before = existsSync(at.data) ? spoolRecords(at.data).length : 0;
    await fireQuietly({ ...at.env, PATH: `${bins.join(":")}:${process.env.PATH}` }, { root });
    await fireQuietly({ ...at.env, BUN_INSTALL: join(process.execPath, "../..") }, { root });
    expect(spoolRecords(at.data)).toHaveLength(before + 2);
  });

  const deathOf = async (script: string) => {
    const at = places();
    mkdirSync(join(at.data, "spool"), { recursive: true, mode: 0o700 });
    keepRoomForLosses(join(at.data, "spool"));
    // In front of what works: the first program of either carrier.
    const root = join(at.base, "plugin");
    cpSync(join(of, "hooks"), join(root, "hooks"), { recursive: true });
    const bin = folder(join(at.base, "bin"), 0o755);
    const first = existsSync(join(of, "hooks/hall-linux-x64"))
      ? join(root, "hooks/hall-linux-x64")
      : join(bin, "bun");
    rmSync(first, { force: true });
    writeFileSync(first, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await fireQuietly({ ...at.env, PATH: `${bin}:${process.env.PATH}` }, { root });
    const stored = existsSync(join(at.data, "spool")) ? spoolRecords(at.data).length : 0;
    const lost = countLost([join(at.data, "spool")], Date.now()).events;
    at[Symbol.dispose]();
    return { stored, lost };
  };

  test("F6 a program that a signal ends with the payload is a counted loss, before it a record", async () => {
    expect(await deathOf("kill -ILL $$")).toEqual({ stored: 1, lost: 0 });
    expect(await deathOf("read -r line; kill -KILL $$")).toEqual({ stored: 0, lost: 1 });
  });

  test("F6 an event that no program could take is counted where a spool is", async () => {
    using at = places();
    const root = join(at.base, "plugin");
    cpSync(join(ROOT, "hooks/hall"), join(root, "hooks/hall"), { recursive: true });
    await fireQuietly(at.env, { root });
    expect(existsSync(at.data)).toBe(false);
    const spool = spoolOf(at.data);
    const bait = join(at.base, "bait");
    writeFileSync(bait, "");
    symlinkSync(bait, join(spool, "lost"));
    await fireQuietly(at.env, { root });
    expect(readFileSync(bait, "utf8")).toBe("");
    rmSync(join(spool, "lost"));
    keepRoomForLosses(spool);
    for (let i = 0; i < 3; i++) await fireQuietly(at.env, { root });
    expect(countLost([spool], Date.now()).events).toBe(3);
  });

  test("F35 a plugin folder with spaces, quotes and letters beyond ASCII records", async () => {
    using at = places();
    const root = join(at.base, 'my plugin\'s "böx" $HOME');
    cpSync(join(of, "hooks"), join(root, "hooks"), { recursive: true });
    await fireQuietly(at.env, { root });
    await fireQuietly(at.env, {
      root,
      command: [
        "sh",
        "-c",
        `chmod -R a-w '${root.replaceAll("'", `'\\''`)}'; exec "$0" "$@"`,
        ...commandLine("Stop", root),
      ],
    });
    expect(spoolRecords(at.data)).toHaveLength(2);
    // Else only root could take it away.
    Bun.spawnSync(["chmod", "-R", "u+w", root]);
  });

  test("T22 the project cannot run code in the hook or send the record elsewhere", async () => {
    using at = places();
    const project = join(at.base, "project");
    mkdirSync(join(project, "bin"), { recursive: true });
    const trap = `require("node:fs").writeFileSync(${JSON.stringify(join(at.base, "trapped"))}, "")`;
    writeFileSync(join(project, "bunfig.toml"), 'preload = ["./trap.js"]\n');
    writeFileSync(join(project, "trap.js"), trap);
    writeFileSync(
      join(project, ".env"),
      `HALL_DATA_DIR=${join(at.base, "elsewhere")}\nXDG_RUNTIME_DIR=${at.base}\n`,
    );
    for (const name of ["bin/bun", "bin/sh", "bin/head", "node_modules/.bin/bun", "node_modules/.bin/node"]) {
      mkdirSync(join(project, name, ".."), { recursive: true });
      writeFileSync(join(project, name), `#!/bin/sh\n: > ${join(at.base, "trapped")}\n`, { mode: 0o755 });
    }
    const env = {
      XDG_DATA_HOME: at.data,
      PATH: `bin:${project}/node_modules/.bin:${process.env.PATH}`,
      BUN_OPTIONS: `--preload ${join(project, "trap.js")}`,
    };
    await fireQuietly(env, { cwd: project });
    expect(existsSync(join(at.base, "trapped"))).toBe(false);
    expect(spoolRecords(join(at.data, "hall-monitor"))).toHaveLength(1);
  });
});

test.skipIf(process.platform !== "linux")(
  "F6 the native carrier goes on after a tick of its deadline, and counts the event at the fifth",
  async () => {
    using at = places();
    const carrier = join(ROOT, `hooks/hall-linux-${process.arch}`);
    for (const ticks of [4, 5]) {
      const child = Bun.spawn([carrier, "claude"], { env: at.env, stdin: "pipe", stdout: "pipe" });
      await until("its handler is there", () => (signalsOf(child.pid, "SigCgt") & ALARM) !== 0n);
      for (let tick = 0; tick < ticks; tick++) {
        process.kill(child.pid, "SIGALRM");
        await until("the tick was seen", () => (signalsOf(child.pid, "ShdPnd") & ALARM) === 0n);
      }
      // The pipe breaks where it gave up.
      await (async () => {
        child.stdin.write(PAYLOAD);
        await child.stdin.end();
      })().catch(() => {});
      expect(await child.exited).toBe(0);
    }
    expect(spoolRecords(at.data).map((r) => `${r.body}\n`)).toEqual([PAYLOAD]);
    expect(countLost([join(at.runtime, "spool")], Date.now()).events).toBe(1);
  },
);

const ALARM = 1n << 13n;

/** None of one that has ended. */
function signalsOf(pid: number, which: "SigCgt" | "ShdPnd"): bigint {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return BigInt(`0x${new RegExp(`^${which}:\\s*([0-9a-f]+)`, "m").exec(status)![1]}`);
  } catch {
    return 0n;
  }
}

function folder(path: string, mode: number): string {
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

function spoolOf(data: string): string {
  mkdirSync(join(data, "spool"), { recursive: true, mode: 0o700 });
  return join(data, "spool");
}

/** This minute's and the next one's, so that a test that starts late in a minute meets its trap too. */
function segments(): string[] {
  return [spoolSegment(Date.now()), spoolSegment(Date.now() + 60_000)];
}

function inSegments(data: string, put: (path: string) => void): void {
  const spool = spoolOf(data);
  for (const segment of segments()) put(join(spool, segment));
}

function tmpfs(path: string, options: string): Disposable {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { exitCode } = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path]);
  if (exitCode !== 0) throw new Error(`cannot mount ${path}`);
  return { [Symbol.dispose]: () => void Bun.spawnSync(["umount", path]) };
}

function tryMount(): boolean {
  const probe = tempFolder();
  const ok = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", probe.path]).exitCode === 0;
  if (ok) Bun.spawnSync(["umount", probe.path]);
  rmSync(probe.path, { recursive: true, force: true });
  return ok;
}

function fill(path: string): void {
  Bun.spawnSync(["sh", "-c", `cat /dev/zero > '${path}'`], { stderr: "ignore" });
}
