import { afterAll, describe, expect, test } from "bun:test";
import { loadCommand } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { commandHelp } from "../../cli/help.ts";
import manifest from "../../package.json" with { type: "json" };
import { suggest } from "../../schema/suggest.ts";
import { run, tempHome } from "./run.ts";

const home = tempHome();
afterAll(() => home[Symbol.dispose]());
const cli = (...args: string[]) => run(home, args);

describe("hall-monitor", () => {
  test("F051.A1 --help lists every command and exits 0", async () => {
    const { code, stdout, stderr } = await cli("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name, summary } of COMMANDS)
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, "m"));
  });

  test("F051 the contract's commands are there", () => {
    const names = COMMANDS.map((c) => c.name);
    for (const name of [
      "start",
      "stop",
      "status",
      "install",
      "uninstall",
      "doctor",
      "backfill",
      "reindex",
      "tail",
      "daily",
      "weekly",
      "monthly",
      "session",
      "export",
    ])
      expect(names).toContain(name);
  });

  test.each(COMMANDS.map((c) => [c.name, c] as const))(
    "F051 %s has a help that names its options",
    async (_, listed) => {
      const command = await loadCommand(listed);
      const help = commandHelp(command);
      expect(help).toStartWith(command.summary);
      for (const [name, option] of Object.entries(command.options))
        expect(help).toMatch(new RegExp(`--${name}\\b.* {2,}${option.what.slice(0, 10)}`));
      expect(help.split("\n").filter((line) => line.length > 120)).toEqual([]);
    },
  );

  test("F051 <command> --help prints it, even where the settings are bad", async () => {
    const { code, stdout } = await run(home, ["daily", "--help"], { HALL_PORT: "none" });
    const daily = await loadCommand(COMMANDS.find((c) => c.name === "daily")!);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${commandHelp(daily)}\n`,
    });
  });

  test("F051 --version prints the version of package.json", async () => {
    expect(await cli("--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });

  test.each([
    [["dialy"], 'unknown command "dialy"', "did you mean `hall-monitor daily`?"],
    [["daily", "--jsn"], "unknown option --jsn for daily", "did you mean --json?"],
    [["daily", "extra"], 'unexpected argument "extra" for daily', "see `hall-monitor daily --help`"],
    [["daily", "--since"], "--since needs a value", "see `hall-monitor daily --help`"],
    [["daily", "--since", "yesterday"], "--since=yesterday is not a time", "write 2026-11-20"],
    [
      ["daily", "--timezone", "Mars/Olympus"],
      "--timezone=Mars/Olympus is not an IANA time zone",
      "Europe/Berlin",
    ],
    ...["daily", "weekly", "blocks", "waste", "cache", "reindex"].map((name): [string[], string, RegExp] => [
      [name, "--source", "gemini"],
      'invalid value "gemini" for --source',
      /one of: claude, codex$/,
    ]),
    [["stream"], "stream needs on, off or reset", "hall-monitor capture"],
    [["import"], "import needs a file", "hall-monitor import --help"],
    [["search", "--failed"], "search needs words", "hall-monitor search WORDS"],
    [["why"], "why needs a request, a session or a day", "hall-monitor why today"],
    [["restore", "--dry-run"], "restore needs a session", "hall-monitor session"],
    [["tail", "--type", "tool_start"], 'unknown event type "tool_start"', "did you mean tool_started?"],
  ])("F051 %p is a usage error with a fix", async (args, message, hint) => {
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toStartWith(`hall-monitor: ${message}`);
    expect(stderr.split("\n")[1]).toMatch(hint);
  });

  test("EC018 help marks what is required, as the command does", async () => {
    for (const command of await Promise.all(COMMANDS.map(loadCommand))) {
      const usage = commandHelp(command)
        .split("\n")
        .find((line) => line.startsWith("Usage: "));
      expect([command.name, /<.*>/.test(usage ?? "")]).toEqual([
        command.name,
        command.required !== undefined,
      ]);
    }
    expect((await cli("stream", "--help")).stdout).toContain(
      "Usage: hall-monitor stream <on|off|reset> [options]",
    );
  });

  test.each([[["import"]], [["limits", "import"]]])(
    "EC018 %p: a file that is not there or is a folder is a plain error",
    async (args) => {
      const gone = await cli(...args, "/nope");
      expect([gone.code, gone.stdout]).toEqual([69, ""]);
      expect(gone.stderr).toMatch(/^hall-monitor: File \/nope not found\n {2}name /);
      const folder = await cli(...args, home.home);
      expect(folder.stderr).toContain("is not a regular file");
      expect(folder.stderr).not.toMatch(/EISDIR|ENOENT|\bat \//);
    },
  );

  test("F051.A2 --json turns an error into the problem document of the API", async () => {
    const { code, stdout, stderr } = await cli("stop", "--json");
    expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({
      type: "urn:hall-monitor:not_running",
      code: "not_running",
      status: 503,
    });
  });

  test("F051.A3 a setting with a bad value is named, with exit code 78", async () => {
    const { code, stderr } = await run(home, ["status"], { HALL_PORT: "40OO" });
    expect(code).toBe(78);
    expect(stderr).toStartWith("hall-monitor: HALL_PORT=40OO is not a whole number");
  });

  test("T21 an argument with control characters is printed without them", async () => {
    const { stderr } = await cli("da\u001b]52;c;AAAA\u0007ily\u009b31m");
    expect(stderr).toContain('"daily');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

test("F051 a suggestion is near, or absent", () => {
  const words = ["start", "stop", "status", "daily"];
  expect(["strat", "stpo", "statsu", "dail", "zzz", "x"].map((w) => suggest(w, words))).toEqual([
    "start",
    "stop",
    "status",
    "daily",
    undefined,
    undefined,
  ]);
});
