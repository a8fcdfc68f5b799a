import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry, type Registry } from "../../../collector/activity/registry.ts";

const STATE = join(import.meta.dir, "../../fixtures/claude-332/registry");
const entry = (state: string) => JSON.parse(readFileSync(join(STATE, `332-state-${state}.json`), "utf8"));

let open: Registry | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

function given() {
  const folder = mkdtempSync(join(tmpdir(), "hall-registry-"));
  const child = Bun.spawn(["sleep", "60"]);
  const stat = readFileSync(`/proc/${child.pid}/stat`, "latin1");
  const procStart = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const changed: string[] = [];
  const file = join(folder, `${child.pid}.json`);
  const write = (fields: Record<string, unknown>) =>
    writeFileSync(
      file,
      JSON.stringify({ ...entry("busy"), pid: child.pid, procStart, pidDomain: "", ...fields }),
    );
  return {
    folder,
    child,
    changed,
    file,
    write,
    start: () =>
      (open = createRegistry(
        [folder],
        (id) => changed.push(id),
        () => 5_000,
      )),
  };
}

describe("the client's registry of sessions", () => {
  test("H16 a recorded file of each state becomes a claim", () => {
    const world = given();
    const registry = world.start();
    for (const [state, wanted] of Object.entries({
      "no-status-yet": ["", ""],
      busy: ["busy", ""],
      idle: ["idle", ""],
      shell: ["shell", ""],
      "waiting-permission_prompt": ["waiting", "permission prompt"],
      "waiting-input_needed": ["waiting", "input needed"],
    })) {
      const fields = entry(state);
      writeFileSync(
        world.file,
        JSON.stringify({ ...fields, pid: world.child.pid, procStart: "", pidDomain: "" }),
      );
      registry.compare();
      const claim = registry.claim(fields.sessionId)!;
      expect([claim.status, claim.waiting_for, claim.is_alive]).toEqual([...wanted, true]);
    }
    world.child.kill();
  });

  test("H16 kill -9 leaves the file; the process id with another start time is another process", async () => {
    const world = given();
    world.write({ sessionId: "S1" });
    const registry = world.start();
    expect(registry.claim("S1")).toMatchObject({ is_alive: true, status: "busy" });
    world.write({ sessionId: "S1", procStart: "1" });
    registry.compare();
    expect(registry.claim("S1")).toMatchObject({ is_alive: false, gone_unix_ms: 5_000 });
    world.write({ sessionId: "S2" });
    registry.compare();
    world.child.kill(9);
    await world.child.exited;
    registry.compare();
    expect(registry.claim("S2")).toMatchObject({ is_alive: false, gone_unix_ms: 5_000 });
  });

  test("H16 /clear leaves one session for another, an exit removes the file, and a second process takes over", () => {
    const world = given();
    world.write({ sessionId: "S1" });
    const registry = world.start();
    world.write({ sessionId: "S2" });
    registry.compare();
    expect([registry.claim("S1")?.is_alive, registry.claim("S2")?.is_alive]).toEqual([false, true]);
    writeFileSync(
      join(world.folder, `${process.pid}.json`),
      JSON.stringify({ pid: process.pid, sessionId: "S2" }),
    );
    registry.compare();
    rmSync(world.file);
    registry.compare();
    expect(registry.claim("S2")?.is_alive).toBe(true);
    rmSync(join(world.folder, `${process.pid}.json`));
    registry.compare();
    expect(registry.claim("S2")?.is_alive).toBe(false);
    world.child.kill();
  });

  test("H16 other files, half a file and nonsense claim nothing and break nothing", () => {
    const world = given();
    for (const text of ["", "{", "[]", '{"pid":"x"}', `{"pid":${world.child.pid},"sessionId":""}`]) {
      writeFileSync(world.file, text);
      (open ?? world.start()).compare();
    }
    writeFileSync(join(world.folder, "1.key"), "{}");
    open!.compare();
    expect(open!.sessions()).toEqual([]);
    world.child.kill();
  });
});
