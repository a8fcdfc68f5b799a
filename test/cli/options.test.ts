import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readArguments } from "../../cli/arguments.ts";
import { loadCommand, type NamedCommand, type Option } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { AppError } from "../../schema/errors.ts";
import { run, tempHome } from "./run.ts";

const commands = await Promise.all(COMMANDS.map(loadCommand));
const rules = commands.flatMap((command) =>
  Object.entries(command.options).map(([name, option]) => ({ command, name, option })),
);

const given = (name: string, { type }: Option) => (type === "string" ? [`--${name}`, "x"] : [`--${name}`]);
const ofTerm = (command: NamedCommand, term: string): string[] => {
  if (!term.startsWith("--")) return [term.startsWith("<") ? "x" : term];
  return given(term.slice(2), command.options[term.slice(2)]!);
};

function refusal(command: NamedCommand, argv: string[]): string | undefined {
  try {
    readArguments(command, argv);
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === "usage") return error.message;
    throw error;
  }
}

describe("EC016 an option without effect is refused", () => {
  test("EC016 rules name options and words that the command has", () => {
    for (const { command, option } of rules)
      for (const term of [...(option.needs ?? []), ...(option.excludes ?? [])])
        if (term.startsWith("--")) expect(Object.keys(command.options)).toContain(term.slice(2));
        else if (!term.startsWith("<")) expect(command.positionals?.[0]).toMatch(new RegExp(`\\b${term}\\b`));
  });

  test("EC016 an option with a text that names another one needs it", () => {
    const named = rules.filter(({ option }) => /^with (--[\w-]+)/.test(option.what));
    expect(named.length).toBeGreaterThan(5);
    for (const { option } of named) expect(option.needs).toContain(/^with (--[\w-]+)/.exec(option.what)![1]!);
  });

  const needing = rules.filter(
    ({ command, option }) => option.needs && !option.needs.includes(command.default_word ?? ""),
  );
  test.each(needing.map(({ command, name, option }) => [command.name, name, command, option] as const))(
    "EC016 %s --%s alone is refused, and passes with what it needs",
    (_, name, command, option) => {
      expect(refusal(command, given(name, option))).toStartWith(`--${name} needs `);
      for (const term of option.needs!) {
        const more = term.startsWith("--") ? (command.options[term.slice(2)]!.needs ?? []) : [];
        const argv = [
          ...ofTerm(command, term),
          ...more.flatMap((t) => ofTerm(command, t)),
          ...given(name, option),
        ];
        expect(refusal(command, argv)).toBeUndefined();
      }
    },
  );

  test("EC016 a negative number is a value, and what it is refused for", async () => {
    const [guard, daily] = ["guard", "daily"].map((name) => commands.find((c) => c.name === name)!);
    expect(readArguments(guard!, ["--limit-usd", "-3"]).values).toEqual({ "limit-usd": "-3" });
    expect(readArguments(daily!, ["--since", "-.5"]).values).toEqual({ since: "-.5" });
    expect(refusal(guard!, ["--limit-usd", "--json"])).toBe("--limit-usd needs a value");
    expect(refusal(guard!, ["--", "--limit-usd", "-3"])).toContain("unexpected argument");
    using home = tempHome();
    const { code, stderr } = await run(home, ["guard", "--limit-usd", "-3"]);
    expect([code, stderr]).toEqual([64, expect.stringContaining("above 0")]);
  });

  test("EC016 two options of which one would be ignored are refused together", () => {
    const pairs = rules.flatMap(({ command, name, option }) =>
      (option.excludes ?? []).map((term) => ({
        command,
        argv: [...ofTerm(command, term), ...given(name, option)],
      })),
    );
    expect(pairs.length).toBeGreaterThan(20);
    for (const { command, argv } of pairs) expect(refusal(command, argv)).toMatch(/cannot be combined|needs/);
  });

  test.each([
    [["daily", "--since="], "--since needs a value"],
    [["daily", "--since", "--json"], "--since needs a value"],
    [["daily", "--json=1"], "--json takes no value"],
    [["daily", "--since", "1d", "--since", "2d"], "--since is given twice"],
    [["daily", "-x"], "unknown option -x for daily"],
    [["session", ""], "an argument of session is empty"],
  ])("EC016 %p is refused in plain words", ([name, ...argv], message) => {
    expect(refusal(commands.find((c) => c.name === name)!, argv)).toBe(message);
  });
});

describe("EC017 a dry run writes nothing", () => {
  const home = tempHome();
  afterAll(() => home[Symbol.dispose]());
  const bin = join(home.home, "bin");
  mkdirSync(bin, { recursive: true });
  const mark = join(home.home, "claude-ran");
  writeFileSync(join(bin, "claude"), `#!/bin/sh\n: > '${mark}'\n`);
  chmodSync(join(bin, "claude"), 0o755);
  const env = { PATH: `${bin}:${process.env.PATH ?? ""}`, HALL_PORT: "3456" };
  const files = () =>
    readdirSync(home.home, { recursive: true, encoding: "utf8" }).filter(
      (path) => !/^\.bun|^\.cache/.test(path),
    );

  test.each([
    [[], "would run: claude plugin install"],
    [["--settings"], "would get these lines"],
    [["--hard-stop"], "would get these lines"],
    [["--settings", "--hard-stop"], "would get these lines"],
    [["--codex"], "would get these lines"],
    [["--otel", "both"], "would get these lines"],
  ])("EC017 install %p --dry-run prints what it would change", async (way, text) => {
    const before = files();
    const { code, stdout } = await run(home, ["install", ...way, "--dry-run"], env);
    expect(code).toBe(0);
    expect(stdout).toContain(text);
    const json = await run(home, ["install", ...way, "--dry-run", "--json"], env);
    expect(() => JSON.parse(json.stdout)).not.toThrow();
    expect(files()).toEqual(before);
    expect(existsSync(mark)).toBe(false);
  });
});
