import { existsSync } from "node:fs";
import { join } from "node:path";
import { AppError, ERROR_CODES } from "../../schema/errors.ts";
import { type InspectedSetting, inspectSettings, SETTING_NAMES } from "../../schema/settings.ts";
import { readConfigFile } from "../../store/config-file.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { out, paint, printJson, toPlain } from "../print.ts";
import { suggest } from "../suggest.ts";

type Fault = { where: string; detail: string; hint?: string };

export const configCommand: Command = {
  options: {
    check: { type: "boolean", what: "print only problems" },
    schema: {
      type: "boolean",
      excludes: ["--check"],
      what: "print the JSON Schema of config.json, for an editor",
    },
    json: JSON_OPTION,
  },
  more: "Secrets are never printed. Exit code 78 if a variable or a key of config.json is invalid.",
  async run({ values }) {
    const { configSchema } = await import("../config-file.ts");
    if (flag(values, "schema")) {
      printJson(configSchema());
      return 0;
    }
    const { settings, errors, unknown, data_dir } = inspectSettings();
    const faults = errors.map(({ name, error }) => toFault(name, error));
    if (data_dir === undefined) faults.push({ where: "HALL_DATA_DIR", detail: "there is no home directory" });
    const path = join(data_dir ?? "", "config.json");
    const file = await readFile(path);
    faults.push(...file.faults);
    const warnings = unknown.map(toWarning);
    const isGood = faults.length === 0;
    if (flag(values, "json"))
      printJson({ ok: isGood, settings, config_json: { path, keys: file.keys }, faults, warnings });
    else {
      if (!flag(values, "check")) show(settings, path, file.keys);
      for (const fault of faults) printFault("red", "✗", fault);
      for (const warning of warnings) printFault("yellow", "!", warning);
      if (isGood && flag(values, "check")) out(`${paint("green", "✓")} all settings are valid`);
    }
    return isGood ? 0 : ERROR_CODES.bad_config.exit;
  },
};

async function readFile(path: string): Promise<{ keys: string[] | null; faults: Fault[] }> {
  if (!existsSync(path)) return { keys: null, faults: [] };
  try {
    const value = readConfigFile(path);
    const { configFaults } = await import("../config-file.ts");
    const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
    return { keys, faults: configFaults(value).map((detail) => ({ where: path, detail })) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      keys: [],
      faults: [{ where: path, detail: error.message, ...(error.hint && { hint: error.hint }) }],
    };
  }
}

function toFault(where: string, { message, hint }: AppError): Fault {
  return { where, detail: message, ...(hint !== undefined && { hint }) };
}

/** A misspelt variable changes nothing and reports nothing; it may also be another program's. */
function toWarning(name: string): Fault {
  const meant = suggest(name, SETTING_NAMES);
  const detail = `${name} is not a setting`;
  return { where: name, detail, ...(meant !== undefined && { hint: `did you mean ${meant}?` }) };
}

function show(settings: InspectedSetting[], path: string, keys: string[] | null): void {
  const width = Math.max(...settings.map((s) => s.name.length));
  for (const { name, value, is_set } of settings) {
    const text = value === null ? "off" : toPlain(String(value)) || "(empty)";
    out(`${name.padEnd(width)}  ${text}${is_set ? "" : paint("dim", "  default")}`);
  }
  const held = keys === null ? "does not exist" : keys.length === 0 ? "is empty" : `has ${keys.join(", ")}`;
  out(`\n${toPlain(path)} ${held}`);
}

function printFault(colour: "red" | "yellow", sign: string, { where, detail, hint }: Fault): void {
  const place = detail.startsWith(where) ? "" : `${where}: `;
  out(`${paint(colour, sign)} ${toPlain(place + detail)}`);
  if (hint) out(`  ${toPlain(hint)}`);
}
