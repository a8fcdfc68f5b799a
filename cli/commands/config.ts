import type { EffectiveSettings, SettingFault } from "../../schema/api-health.ts";
import { ERROR_CODES } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { out, paint, printJson, terminalWidth, toPlain } from "../print.ts";

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
  more:
    "Each value is the one in effect, with its origin: environment, config.json or default.\n" +
    "Secrets are never printed. Exit code 78 if a variable or a key of config.json is invalid.",
  async run({ values }) {
    if (flag(values, "schema")) {
      printJson((await import("../config-file.ts")).configSchema());
      return 0;
    }
    const effective = (await import("../effective-settings.ts")).effectiveSettings();
    const { faults, warnings } = effective;
    const isGood = faults.length === 0;
    if (flag(values, "json")) printJson({ ok: isGood, ...effective });
    else {
      if (!flag(values, "check")) show(effective);
      for (const fault of faults) printFault("red", "✗", fault);
      if (faults.some(({ where, hint }) => hint === null && where.startsWith(effective.config_path)))
        out("  `hall-monitor config --schema` prints every key with its meaning");
      for (const warning of warnings) printFault("yellow", "!", warning);
      if (isGood && warnings.length === 0 && flag(values, "check"))
        out(`${paint("green", "✓")} all settings are valid`);
    }
    return isGood ? 0 : ERROR_CODES.bad_config.exit;
  },
};

function show({ settings, config, config_path, config_exists }: EffectiveSettings): void {
  const shown = settings.map(({ name, value, origin }) => ({ name, origin, text: toText(value) }));
  const width = Math.max(...shown.map(({ name }) => name.length));
  const origins = Math.max(...shown.map(({ origin }) => origin.length));
  const room = Math.max(LEAST_VALUE, terminalWidth() - width - origins - 4);
  const most = Math.min(MOST_PADDED, room);
  const valueWidth = Math.max(...shown.map(({ text }) => Math.min(Bun.stringWidth(text), most)));
  for (const { name, text, origin } of shown) {
    const gap = " ".repeat(Math.max(0, valueWidth - Bun.stringWidth(text)));
    const source = origin === "default" ? paint("dim", origin) : origin;
    const isLong = Bun.stringWidth(text) > room;
    out(
      `${name.padEnd(width)}  ${isLong ? `${" ".repeat(valueWidth)}  ${source}` : `${text}${gap}  ${source}`}`,
    );
    if (isLong) out(`  ${text}`);
  }
  const keys = [...new Set(config.map(({ key }) => key.split(".")[0]))].join(", ");
  const held = config_exists ? (keys ? `sets ${keys}` : "sets nothing") : "does not exist";
  out(`\n${toPlain(config_path)} ${toPlain(held)}`);
}

/** A long value shifts only its own origin. */
const MOST_PADDED = 40;
const LEAST_VALUE = 12;
const toText = (value: EffectiveSettings["settings"][number]["value"]) =>
  value === null ? "off" : toPlain(String(value)) || "(empty)";

function printFault(colour: "red" | "yellow", sign: string, { where, detail, hint }: SettingFault): void {
  const place = detail.startsWith(where) ? "" : `${where}: `;
  out(`${paint(colour, sign)} ${toPlain(place + detail)}`);
  if (hint) out(`  ${toPlain(hint)}`);
}
