import { readlinkSync } from "node:fs";
import { type Config, loadConfig } from "../schema/config.ts";
import { AppError, ERROR_CODES, messageOf, toProblem } from "../schema/errors.ts";
import { type Call, loadCommand, type NamedCommand } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { complain, out, terminalWidth, toPlain, toSafeJson } from "./print.ts";

const LEAVE_MS = 1000;

async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return help(rest[0]);
  if (name === "--version" || name === "-v") return print((await import("./version.ts")).VERSION);
  const command = await find(name);
  if (rest.includes("--help") || rest.includes("-h"))
    return print((await import("./help.ts")).commandHelp(command, terminalWidth()));
  return command.run({ command: name, ...(await read(command, rest)), config });
}

/** Node's parser takes 3 ms to load, a tenth of what `daily` takes: where nothing follows, nothing is parsed. */
async function read(command: NamedCommand, rest: string[]): Promise<Pick<Call, "values" | "positionals">> {
  if (rest.length === 0 && !command.required) return { values: {}, positionals: [] };
  return (await import("./arguments.ts")).readArguments(command, rest);
}

function config(): Config {
  let localtime: string | undefined;
  try {
    localtime = readlinkSync("/etc/localtime");
  } catch {
    // A copy of the zone's file, or none: the runtime determines the zone.
  }
  return loadConfig(undefined, localtime);
}

function print(text: string): number {
  out(text);
  return 0;
}

async function help(name: string | undefined): Promise<number> {
  const { commandHelp, overview } = await import("./help.ts");
  return print(
    name === undefined || name.startsWith("-")
      ? overview(COMMANDS, terminalWidth())
      : commandHelp(await find(name), terminalWidth()),
  );
}

async function find(name: string): Promise<NamedCommand> {
  const command = COMMANDS.find((c) => c.name === name);
  if (command) return loadCommand(command);
  const { suggest } = await import("../schema/suggest.ts");
  const meant = suggest(
    name,
    COMMANDS.map((c) => c.name),
  );
  throw new AppError("usage", `unknown ${name.startsWith("-") ? "option" : "command"} "${name}"`, {
    hint: meant ? `did you mean \`hall-monitor ${meant}\`?` : "see `hall-monitor --help`",
  });
}

async function toError(cause: unknown): Promise<AppError> {
  if (cause instanceof AppError) return cause;
  // Only a writer migrates a database; a reading command opens it as it is.
  if (cause instanceof Error && cause.name === "SQLiteError" && (await isDatabaseOlder()))
    return new AppError("database_older", "The database was last written by an earlier version", {
      cause,
      hint: "run `hall-monitor start`: it brings the database up to date and loses nothing",
    });
  return new AppError("internal", messageOf(cause), { cause });
}

async function isDatabaseOlder(): Promise<boolean> {
  try {
    return (await import("../store/database.ts")).isOlder(config().data_dir);
  } catch {
    return false;
  }
}

async function fail(cause: unknown, json: boolean): Promise<number> {
  const error = await toError(cause);
  if (json) complain(toSafeJson(toProblem(error)));
  else {
    complain(`hall-monitor: ${toPlain(error.message)}`);
    if (error.hint !== undefined) complain(`  ${toPlain(error.hint)}`);
    if (error.code === "internal" && cause instanceof Error && cause.stack) complain(cause.stack);
  }
  return ERROR_CODES[error.code].exit;
}

const argv = process.argv.slice(2);
try {
  process.exitCode = await main(argv);
} catch (error) {
  process.exitCode = await fail(error, argv.includes("--json"));
  // Parts that started before the failure, such as a daemon's readers, must not continue.
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}
