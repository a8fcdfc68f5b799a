import { writeFileSync } from "node:fs";
import { addressOf } from "../../schema/api-address.ts";
import type { Config } from "../../schema/config.ts";
import { AppError, messageOf } from "../../schema/errors.ts";
import { addCodexOtel, removeCodexOtel } from "./codex-otel.ts";
import { type Environment, setEnv, unsetEnv } from "./edit-env.ts";
import { loadOtelState, type OtelTarget, saveOtelState } from "./otel-state.ts";
import { type Installation, installations, sha256 } from "./record.ts";
import { settingsPath } from "./settings.ts";
import {
  addedLines,
  isEmpty,
  isObject,
  readSettings,
  replaceSettings,
  type SettingsFile,
  settingsText,
} from "./settings-file.ts";

const TOKEN_VARIABLE = "HALL_OTLP_TOKEN";

/** `added`: the lines that would be added to the file. */
export type Planned = { target: OtelTarget; path: string; changed: boolean; added: string[] };
type Plan = { file: SettingsFile; before: Buffer | null; wanted: Buffer };

/** Turns the export on; idempotent. With `dryRun` nothing is written. */
export function installOtel(config: Config, target: OtelTarget, base: string, dryRun: boolean): Planned {
  return attempt(config, target, dryRun, () => {
    const { file, before, wanted } = plan(config, target, base);
    const changed = !(file.bytes?.equals(wanted) ?? false);
    if (dryRun) return { target, path: file.path, changed, added: addedLines(file.bytes, wanted) };
    const known = loadOtelState(config.data_dir)[target].last_backup;
    const backup = before && changed ? backUp(file.path, before, file.stat?.mode) : known;
    installations(config.data_dir).save({
      path: file.path,
      way: "otel",
      original: before,
      installed_sha256: sha256(wanted),
    });
    if (changed) replaceSettings(file, wanted);
    saveOtelState(config.data_dir, target, {
      state: "migrated",
      last_attempt_unix_ms: Date.now(),
      endpoint: base,
      ...(backup !== undefined && { last_backup: backup }),
    });
    return { target, path: file.path, changed, added: addedLines(file.bytes, wanted) };
  });
}

/** Restores the file; changes made by others since are kept. */
export function uninstallOtel(config: Config, target: OtelTarget): Planned {
  return attempt(config, target, false, () => {
    const file = readSettings(EXPORTERS[target].path(config));
    const records = installations(config.data_dir);
    const record = records.load(file.path, "otel");
    const wanted = without(target, file, record);
    const changed = sha256(wanted) !== sha256(file.bytes) || (wanted === null) !== (file.bytes === null);
    if (changed) replaceSettings(file, wanted);
    records.forget(file.path, "otel");
    const { state, last_backup } = loadOtelState(config.data_dir)[target];
    if (changed || state !== "not_started")
      saveOtelState(config.data_dir, target, {
        state: "deferred",
        last_attempt_unix_ms: Date.now(),
        ...(last_backup && { last_backup }),
      });
    return { target, path: file.path, changed, added: [] };
  });
}

/** Every failure stores its reason for `doctor`. */
function attempt(config: Config, target: OtelTarget, dryRun: boolean, work: () => Planned): Planned {
  try {
    return work();
  } catch (error) {
    if (!dryRun)
      saveOtelState(config.data_dir, target, {
        ...loadOtelState(config.data_dir)[target],
        state: "failed",
        last_attempt_unix_ms: Date.now(),
        last_error: messageOf(error),
      });
    throw error;
  }
}

/** How an agent's own configuration turns the export on and off. */
type Exporter = {
  path(config: Config): string;
  /** The text with our lines. */
  add(path: string, before: Buffer | null, config: Config, base: string): Buffer;
  /** The text without our lines; the same bytes if there are none. */
  remove(file: SettingsFile, record: Installation | undefined): Buffer | null;
};

const EXPORTERS: Record<OtelTarget, Exporter> = {
  claude: {
    path: settingsPath,
    add(path, before, _, base) {
      const text = settingsText({ path, bytes: before, stat: null });
      return Buffer.from(setEnv(isEmpty(text) ? "{}\n" : text, claudeEnv(base)));
    },
    remove(file, record) {
      const text = settingsText(file);
      if (isEmpty(text) || !record) return file.bytes;
      const cut = unsetEnv(text, claudeEnv(endpointOf(text)), envOf(record.original));
      return cut === text ? file.bytes : Buffer.from(cut);
    },
  },
  codex: {
    path: (config) => config.codex_config,
    add(path, before, config, base) {
      const edited = addCodexOtel(textOf(path, before), {
        endpoint: `${base}${addressOf("POST /v1/logs").path}`,
        ...(config.otlp.token && { token_variable: TOKEN_VARIABLE }),
      });
      if (edited.ok) return Buffer.from(edited.text);
      throw new AppError("settings_unreadable", `${path} ${edited.why}`, {
        hint: "nothing was changed; repair the file and run the command again",
      });
    },
    remove(file) {
      const text = textOf(file.path, file.bytes);
      const cut = removeCodexOtel(text);
      return cut === text ? file.bytes : Buffer.from(cut);
    },
  },
};

function plan(config: Config, target: OtelTarget, base: string): Plan {
  const exporter = EXPORTERS[target];
  const file = readSettings(exporter.path(config));
  const record = installations(config.data_dir).load(file.path, "otel");
  const before = without(target, file, record);
  return { file, before, wanted: exporter.add(file.path, before, config, base) };
}

/** The text without our entries. */
function without(target: OtelTarget, file: SettingsFile, record: Installation | undefined): Buffer | null {
  if (record && record.installed_sha256 === sha256(file.bytes)) return record.original;
  return file.bytes === null ? null : EXPORTERS[target].remove(file, record);
}

function claudeEnv(base: string): Environment {
  return {
    CLAUDE_CODE_ENABLE_TELEMETRY: "1",
    OTEL_LOGS_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "otlp",
    // Without it 2.1.197 silently exports nothing.
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_ENDPOINT: base,
  };
}

function envOf(original: Buffer | null): Environment | undefined {
  const text = original?.toString("utf8").replace(/^\ufeff/, "") ?? "";
  const settings: unknown = isEmpty(text) ? {} : JSON.parse(text);
  const env = isObject(settings) ? settings.env : undefined;
  return isObject(env) ? (env as Environment) : undefined;
}

function endpointOf(text: string): string {
  return envOf(Buffer.from(text))?.OTEL_EXPORTER_OTLP_ENDPOINT ?? "";
}

function textOf(path: string, bytes: Buffer | null): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes ?? new Uint8Array());
  } catch (cause) {
    throw new AppError("settings_unreadable", `${path} is not UTF-8`, { hint: "nothing was changed", cause });
  }
}

function backUp(path: string, bytes: Buffer, mode = 0o600): string {
  const backup = `${path}.hall-backup`;
  writeFileSync(backup, bytes, { mode: mode & 0o7777 });
  return backup;
}
