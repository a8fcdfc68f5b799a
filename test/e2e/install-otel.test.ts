import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { NASTY } from "../cli/install/nasty-toml.ts";
import { type Home, run, tempHome } from "../cli/run.ts";
import { EDITABLE } from "./install-fixtures.ts";

type Files = Home & {
  codex: string;
  claude: string;
  state(): Record<string, { state: string; last_error?: string }>;
};

function files(): Files {
  const home = tempHome();
  mkdirSync(home.claude_dir, { recursive: true });
  const codex_home = join(home.home, ".codex");
  mkdirSync(codex_home, { recursive: true });
  return {
    ...home,
    codex: join(codex_home, "config.toml"),
    claude: join(home.claude_dir, "settings.json"),
    state: () => JSON.parse(readFileSync(join(home.data_dir, "install-state.json"), "utf8")),
  };
}

const env = (home: Files) => ({ HALL_PORT: "3456", CODEX_HOME: join(home.home, ".codex") });
const go = (home: Files, ...argv: string[]) => run(home, argv, env(home));

describe("install --otel and uninstall --otel", () => {
  test.each(NASTY)(
    "F042.A4 D-19 %s: the export is switched on and off again in odd configuration files, byte for byte",
    async (_, text) => {
      using home = files();
      writeFileSync(home.codex, text);
      // A mask that an earlier test has set would take bits of a mode that is given with the text.
      chmodSync(home.codex, 0o640);
      expect((await go(home, "install", "--otel", "codex")).code).toBe(0);
      const once = readFileSync(home.codex, "utf8");
      expect(once).toContain('endpoint = "http://127.0.0.1:');
      expect((await go(home, "install", "--otel", "codex")).stdout).toContain("already exports here");
      expect(readFileSync(home.codex, "utf8")).toBe(once);
      expect(statSync(home.codex).mode & 0o777).toBe(0o640);
      if (text !== "") expect(readFileSync(`${home.codex}.hall-backup`, "utf8")).toBe(text);
      expect((await go(home, "uninstall", "--otel")).code).toBe(0);
      expect(readFileSync(home.codex, "utf8")).toBe(text);
    },
  );

  test("D-19 no file, a read-only one and a link: written, kept, and given back", async () => {
    using home = files();
    expect((await go(home, "install", "--otel", "codex")).code).toBe(0);
    expect(statSync(home.codex).mode & 0o777).toBe(0o600);
    expect((await go(home, "uninstall", "--otel")).code).toBe(0);
    expect(existsSync(home.codex)).toBe(false);

    const real = join(home.home, "real.toml");
    writeFileSync(real, 'model = "x"\n');
    chmodSync(real, 0o444);
    symlinkSync(real, home.codex);
    expect((await go(home, "install", "--otel", "codex")).code).toBe(0);
    expect(readFileSync(real, "utf8")).toContain("[otel]");
    expect(statSync(real).mode & 0o777).toBe(0o444);
    expect((await go(home, "uninstall", "--otel")).code).toBe(0);
    expect(readFileSync(real, "utf8")).toBe('model = "x"\n');
  });

  test.each(EDITABLE.map((f) => [f.name, f.bytes] as const))(
    "D-19 settings.json with %s: three installs are one, and uninstall gives every byte back",
    async (_, bytes) => {
      using home = files();
      if (bytes !== null) writeFileSync(home.claude, bytes);
      expect((await go(home, "install", "--otel", "claude")).code).toBe(0);
      const once = readFileSync(home.claude);
      await go(home, "install", "--otel", "claude");
      expect(readFileSync(home.claude).equals(once)).toBe(true);
      const { env: set } = JSON.parse(once.toString().replace(/^\ufeff/, "")) as {
        env: Record<string, string>;
      };
      expect(set).toMatchObject({ CLAUDE_CODE_ENABLE_TELEMETRY: "1", OTEL_LOGS_EXPORTER: "otlp" });
      await go(home, "uninstall", "--otel");
      if (bytes === null) expect(existsSync(home.claude)).toBe(false);
      else expect(readFileSync(home.claude).equals(Buffer.from(bytes))).toBe(true);
    },
  );

  test("D-19 variables that were there come back with their values, also after another change", async () => {
    using home = files();
    const before = { env: { OTEL_LOGS_EXPORTER: "console", A: "b" }, model: "opus" };
    writeFileSync(home.claude, JSON.stringify(before, undefined, 2));
    await go(home, "install", "--otel", "claude");
    const edited = readFileSync(home.claude, "utf8").replace('"opus"', '"sonnet"');
    writeFileSync(home.claude, edited);
    await go(home, "uninstall", "--otel");
    expect(JSON.parse(readFileSync(home.claude, "utf8"))).toEqual({ ...before, model: "sonnet" });
  });

  test("D-20 a bad endpoint leaves both files alone", async () => {
    using home = files();
    writeFileSync(home.codex, 'model = "x"\n');
    for (const bad of [
      "javascript:alert(1)",
      "file:///x",
      'http://127.0.0.1/"',
      "http://collector.example:4318",
    ]) {
      const { code, stderr } = await go(home, "install", "--otel", "both", "--endpoint", bad);
      expect([code, stderr]).toEqual([64, expect.stringContaining("--endpoint=")]);
    }
    expect(readFileSync(home.codex, "utf8")).toBe('model = "x"\n');
    expect(existsSync(home.claude)).toBe(false);
  });

  test("D-21 the token of the environment is in neither file", async () => {
    using home = files();
    await run(home, ["install", "--otel", "both"], {
      ...env(home),
      HALL_OTLP_TOKEN: "secret-7c1-long-enough",
    });
    expect(readFileSync(home.codex, "utf8")).toContain("HALL_OTLP_TOKEN");
    expect(readFileSync(home.codex, "utf8") + readFileSync(home.claude, "utf8")).not.toContain(
      "secret-7c1-long-enough",
    );
  });

  test("D-26 what was tried is kept: not_started, migrated, deferred, failed with its reason", async () => {
    using home = files();
    writeFileSync(home.codex, "a = \n");
    const { code } = await go(home, "install", "--otel", "codex");
    expect(code).toBe(65);
    expect(readFileSync(home.codex, "utf8")).toBe("a = \n");
    expect(home.state()).toMatchObject({
      claude: { state: "not_started" },
      codex: { state: "failed", last_error: expect.stringContaining("not valid TOML") },
    });
    writeFileSync(home.codex, "a = 1\n");
    await go(home, "install", "--otel", "codex");
    expect(home.state().codex).toMatchObject({ state: "migrated", last_backup: `${home.codex}.hall-backup` });
    await go(home, "uninstall", "--otel");
    expect(home.state().codex?.state).toBe("deferred");
  });

  test("D-26 a dry run writes nothing and shows what it would write", async () => {
    using home = files();
    writeFileSync(home.codex, 'secret = "x"\n');
    const { stdout } = await go(home, "install", "--otel", "both", "--dry-run");
    expect(stdout).toContain("log_user_prompt = false");
    expect(stdout).toContain("OTEL_EXPORTER_OTLP_ENDPOINT");
    expect(stdout).not.toContain("secret");
    expect(readFileSync(home.codex, "utf8")).toBe('secret = "x"\n');
    expect(existsSync(home.claude)).toBe(false);
  });

  test("D-27 a folder that takes no file: failed with its reason, and the file is what it was", async () => {
    if (process.getuid?.() === 0) return;
    using home = files();
    writeFileSync(home.codex, "a = 1\n");
    chmodSync(join(home.home, ".codex"), 0o500);
    expect((await go(home, "install", "--otel", "codex")).code).not.toBe(0);
    chmodSync(join(home.home, ".codex"), 0o700);
    expect(readFileSync(home.codex, "utf8")).toBe("a = 1\n");
    expect(home.state().codex?.state).toBe("failed");
  });

  test("D-19 plain uninstall also ends the export", async () => {
    using home = files();
    writeFileSync(home.codex, "a = 1\n");
    await go(home, "install", "--otel", "both");
    expect((await go(home, "uninstall")).stdout).toContain("otel");
    expect(readFileSync(home.codex, "utf8")).toBe("a = 1\n");
  });
});
