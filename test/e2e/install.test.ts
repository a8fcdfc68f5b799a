import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import hooksJson from "../../hooks/hooks.json" with { type: "json" };
import newerJson from "../../hooks/newer.json" with { type: "json" };
import { type Home, ROOT, run, tempHome } from "../cli/run.ts";
import { EDITABLE, REFUSED } from "./install-fixtures.ts";

type Settings = { hooks: Record<string, { hooks: { command: string; args?: string[] }[] }[]> } & Record<
  string,
  unknown
>;

function withSettings(bytes: string | Uint8Array | null): Home & { file: string } {
  const home = tempHome();
  mkdirSync(home.claude_dir);
  const file = join(home.claude_dir, "settings.json");
  if (bytes !== null) writeFileSync(file, bytes);
  return { ...home, file };
}

const parse = (bytes: Buffer): Settings => JSON.parse(bytes.toString("utf8").replace(/^\ufeff/, ""));
const events = Object.keys({ ...hooksJson.hooks, ...newerJson.hooks });
const isOurs = (entry: { hooks: { command?: string }[] }) =>
  entry.hooks.some((h) => h.command === join(ROOT, "hooks/hall"));

/** The settings with our entries taken out, as a reader of JSON sees them. */
function ofOthers(settings: Settings, original: Settings): Settings {
  const rest = structuredClone(settings);
  for (const [event, list] of Object.entries(rest.hooks)) {
    rest.hooks[event] = list.filter((entry) => !isOurs(entry));
    if (rest.hooks[event].length === 0 && original.hooks?.[event] === undefined) delete rest.hooks[event];
  }
  if (original.hooks === undefined) delete (rest as Partial<Settings>).hooks;
  return rest;
}

describe("H15 B-31 install --settings and uninstall", () => {
  test.each(EDITABLE.map((f) => [f.name, f.bytes] as const))(
    "T23 %s: three installs are one, and uninstall gives every byte back",
    async (_, bytes) => {
      using home = withSettings(bytes);
      const original = readFileSync(home.file);
      expect((await run(home, ["install", "--settings"])).code).toBe(0);
      const once = readFileSync(home.file);
      expect((await run(home, ["install", "--settings"])).stdout).toContain("already installed");
      expect(readFileSync(home.file).equals(once)).toBe(true);

      const settings = parse(once);
      for (const event of events) expect(settings.hooks[event]?.filter(isOurs)).toHaveLength(1);
      const before =
        original
          .toString("utf8")
          .replace(/^\ufeff/, "")
          .trim() === ""
          ? ({} as Settings)
          : parse(original);
      expect(ofOthers(settings, before)).toEqual(before);

      expect((await run(home, ["uninstall"])).code).toBe(0);
      expect(readFileSync(home.file).equals(original)).toBe(true);
      expect(readdirSync(home.claude_dir)).toEqual(["settings.json"]);
    },
  );

  test.each(REFUSED.map((f) => [f.name, f.bytes] as const))(
    "T23 %s: refused with exit code 65, and left alone",
    async (_, bytes) => {
      using home = withSettings(bytes);
      const original = readFileSync(home.file);
      for (const command of [["install", "--settings"], ["install"]]) {
        const { code, stderr } = await run(home, command);
        expect(code).toBe(65);
        expect(stderr).toContain("nothing was changed");
      }
      expect(readFileSync(home.file).equals(original)).toBe(true);
      expect(readdirSync(home.claude_dir)).toEqual(["settings.json"]);
    },
  );

  test("T23 no settings file: install makes one, uninstall takes it away", async () => {
    using home = withSettings(null);
    await run(home, ["install", "--settings"]);
    expect(Object.keys(parse(readFileSync(home.file)).hooks)).toEqual(events);
    expect(statSync(home.file).mode & 0o777).toBe(0o600);
    await run(home, ["uninstall"]);
    expect(readdirSync(home.claude_dir)).toEqual([]);
  });

  test("T23 a file that only its owner may read, or that is read-only, keeps its rights", async () => {
    for (const mode of [0o444, 0o600, 0o640]) {
      using home = withSettings('{"model": "opus"}\n');
      chmodSync(home.file, mode);
      expect((await run(home, ["install", "--settings"])).code).toBe(0);
      expect(statSync(home.file).mode & 0o777).toBe(mode);
      await run(home, ["uninstall"]);
      expect(statSync(home.file).mode & 0o777).toBe(mode);
      expect(readFileSync(home.file, "utf8")).toBe('{"model": "opus"}\n');
    }
  });

  test("T23 a link stays a link, and the file behind it is the one that changes", async () => {
    using home = withSettings(null);
    const dotfiles = join(home.home, "dotfiles");
    mkdirSync(dotfiles);
    const real = join(dotfiles, "claude.json");
    writeFileSync(real, '{\n  "model": "opus"\n}\n');
    symlinkSync("../dotfiles/claude.json", home.file);
    expect((await run(home, ["install", "--settings"])).code).toBe(0);
    expect(lstatSync(home.file).isSymbolicLink()).toBe(true);
    expect(parse(readFileSync(real)).hooks.Stop).toHaveLength(1);
    await run(home, ["uninstall"]);
    expect(readlinkSync(home.file)).toBe("../dotfiles/claude.json");
    expect(readFileSync(real, "utf8")).toBe('{\n  "model": "opus"\n}\n');
    expect(readdirSync(dotfiles)).toEqual(["claude.json"]);
  });

  test("T23 a link to nothing, and a folder in its place, are refused", async () => {
    using dangling = withSettings(null);
    symlinkSync("nowhere.json", dangling.file);
    expect((await run(dangling, ["install", "--settings"])).code).toBe(65);
    expect(readlinkSync(dangling.file)).toBe("nowhere.json");
    using folder = withSettings(null);
    mkdirSync(folder.file);
    expect((await run(folder, ["install", "--settings"])).code).toBe(65);
  });

  test("T23 what its owner changes in between stays", async () => {
    using home = withSettings('{\n  "model": "opus",\n  "hooks": {\n    "Stop": []\n  }\n}\n');
    await run(home, ["install", "--settings"]);
    writeFileSync(home.file, readFileSync(home.file, "utf8").replace('"opus"', '"haiku",   "mine": 1'));
    await run(home, ["uninstall"]);
    expect(readFileSync(home.file, "utf8")).toBe(
      '{\n  "model": "haiku",   "mine": 1,\n  "hooks": {\n    "Stop": []\n  }\n}\n',
    );
  });

  test("T23 a client that rewrites its settings does not keep us in them", async () => {
    using home = withSettings(
      JSON.stringify({ model: "opus", hooks: { Stop: [{ hooks: [{ type: "command", command: "x" }] }] } }),
    );
    await run(home, ["install", "--settings"]);
    writeFileSync(home.file, JSON.stringify({ ...parse(readFileSync(home.file)), theme: "dark" }, null, 2));
    await run(home, ["uninstall"]);
    expect(parse(readFileSync(home.file))).toEqual({
      model: "opus",
      hooks: { Stop: [{ hooks: [{ type: "command", command: "x" }] }] },
      theme: "dark",
    } as unknown as Settings);
  });

  test("F051 entries of another place are replaced, not joined", async () => {
    using home = withSettings('{"model":"opus"}');
    await run(home, ["install", "--settings"]);
    writeFileSync(home.file, readFileSync(home.file, "utf8").replaceAll(ROOT, "/opt/old place"));
    expect((await run(home, ["install", "--settings"])).stdout).toContain("hooks added");
    const { hooks } = parse(readFileSync(home.file));
    expect(hooks.Stop?.[0]?.hooks[0]?.command).toBe(join(ROOT, "hooks/hall"));
    expect(JSON.stringify(hooks)).not.toContain("/opt/old place");
    await run(home, ["uninstall"]);
    expect(readFileSync(home.file, "utf8")).toBe('{"model":"opus"}');
  });

  test("F051 CLAUDE_CONFIG_DIR names the folder, the first one of several", async () => {
    using home = tempHome();
    const [first, second] = [join(home.home, "one"), join(home.home, "two")];
    for (const dir of [first, second]) mkdirSync(dir);
    await run(home, ["install", "--settings"], { CLAUDE_CONFIG_DIR: `${first},${second}` });
    expect([readdirSync(first), readdirSync(second)]).toEqual([["settings.json"], []]);
  });

  test("F051 uninstall of what was never installed changes nothing and reports that", async () => {
    using home = withSettings('{ "model" : "opus" }');
    expect(await run(home, ["uninstall"])).toEqual({
      code: 0,
      stdout: "nothing to remove\n",
      stderr: "",
    });
    expect(readFileSync(home.file, "utf8")).toBe('{ "model" : "opus" }');
  });
});

/** A stub of the client: it keeps its arguments, and writes its settings as the client does. */
const CLAUDE = `#!/bin/sh
echo "$*" >> "$HOME/calls"
case "$2" in
  install) printf '{"model":"opus","enabledPlugins":{"hall-monitor@hall-monitor":true}}' > "$HOME/.claude/settings.json" ;;
  uninstall) printf '{"model":"opus","enabledPlugins":{}}' > "$HOME/.claude/settings.json" ;;
esac
`;

describe("install as a plugin", () => {
  function withClaude() {
    const home = withSettings('{\n\t"model": "opus"\n}\n');
    const bin = join(home.home, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "claude"), CLAUDE, { mode: 0o755 });
    return { ...home, env: { PATH: `${bin}:${process.env.PATH}` } };
  }

  test("B-31 the client is asked, and the settings come back byte by byte", async () => {
    using home = withClaude();
    expect((await run(home, ["install"], home.env)).stdout).toContain("installed as a plugin");
    expect((await run(home, ["install"], home.env)).stdout).toBe("already installed as a plugin\n");
    expect((await run(home, ["uninstall"], home.env)).stdout).toContain("removed: plugin");
    expect(readFileSync(join(home.home, "calls"), "utf8").trim().split("\n")).toEqual([
      `plugin marketplace add ${ROOT}`,
      "plugin install hall-monitor@hall-monitor",
      "plugin uninstall hall-monitor@hall-monitor",
      "plugin marketplace remove hall-monitor",
    ]);
    expect(readFileSync(home.file, "utf8")).toBe('{\n\t"model": "opus"\n}\n');
  });

  test("H05 B-31 a hard stop beside the plugin is one hook in the settings, and all comes back byte by byte", async () => {
    using home = withClaude();
    await run(home, ["install", "--hard-stop"], home.env);
    const { hooks } = parse(readFileSync(home.file));
    expect(Object.keys(hooks)).toEqual(["PreToolUse"]);
    expect(hooks.PreToolUse?.[0]?.hooks[0]).toMatchObject({
      command: join(ROOT, "hooks/hall"),
      args: ["stop"],
    });
    expect((await run(home, ["doctor"], home.env)).stdout).not.toContain("twice");
    expect((await run(home, ["uninstall"], home.env)).stdout).toContain("removed: settings, plugin");
    expect(readFileSync(home.file, "utf8")).toBe('{\n\t"model": "opus"\n}\n');
  });

  test("F051 the two ways exclude each other, so no event is recorded twice", async () => {
    using home = withClaude();
    await run(home, ["install"], home.env);
    expect((await run(home, ["install", "--settings"], home.env)).stdout).toBe(
      "already installed as a plugin\n",
    );
    expect(readFileSync(home.file, "utf8")).not.toContain("hooks/hall");
    await run(home, ["uninstall"], home.env);
    await run(home, ["install", "--settings"], home.env);
    expect((await run(home, ["install"], home.env)).stdout).toContain("already installed in ");
    expect(readFileSync(home.file, "utf8")).not.toContain("enabledPlugins");
  });

  test("F051 without a client the fix is named", async () => {
    using home = withSettings("{}");
    const bare = join(home.home, "empty");
    mkdirSync(bare);
    const { code, stderr } = await run(home, ["install"], { PATH: bare });
    expect(code).toBe(69);
    expect(stderr).toContain("hall-monitor install --settings");
  });
});
