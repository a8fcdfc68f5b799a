import type { Config } from "../../schema/config.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, findDaemon } from "../daemon-client.ts";
import { capture, exports, reconciled } from "../doctor/capture.ts";
import { attempt, type Check, type Patient } from "../doctor/check.ts";
import { hooks, hooksOfCodex } from "../doctor/hooks.ts";
import { daemon, dataDirectory, port, runtime, timeZone } from "../doctor/machine.ts";
import { prices, transcripts } from "../doctor/numbers.ts";
import { sources, store } from "../doctor/records.ts";
import { synthetic } from "../doctor/synthetic.ts";
import { cell } from "../format.ts";
import { installed, settingsPath } from "../install/settings.ts";
import { out, paint, printJson, terminalWidth, toPlain } from "../print.ts";
import { hang } from "../wrap.ts";

export const doctor: Command = {
  options: { json: JSON_OPTION },
  more:
    "✓ ok, ! warning, ✗ error, each with a fix. Exit code 1 on errors.\n" +
    "The test event is a notification of a session named `doctor-…`; it costs nothing and is in no total.",
  async run({ values, config }) {
    const patient = await examine(config());
    const found: Check[] = [];
    const json = flag(values, "json");
    for (const [name, check] of CHECKS)
      for (const result of await attempt(name, () => check(patient))) {
        found.push(result);
        if (!json) show(result);
      }
    const healthy = found.every((c) => c.state !== "fail");
    if (json) printJson({ healthy, checks: found });
    else out(healthy ? "\nno problems found" : `\n${found.filter((c) => c.state === "fail").length} broken`);
    return healthy ? 0 : 1;
  },
};

const CHECKS: [string, (patient: Patient) => Check[] | Promise<Check[]>][] = [
  ["runtime", runtime],
  ["data directory", dataDirectory],
  ["time zone", timeZone],
  ["daemon", daemon],
  ["port", port],
  ["hooks", hooks],
  ["codex hooks", hooksOfCodex],
  ["sources", sources],
  ["database", store],
  ["prices", prices],
  ["transcripts", transcripts],
  ["capture", capture],
  ["telemetry", exports],
  ["reconcile", reconciled],
  ["test event", synthetic],
];

async function examine(config: Config): Promise<Patient> {
  const found = await findDaemon(config.data_dir);
  const status = found && (await callRoute(found, "GET /api/status").catch(() => undefined))?.data;
  return { config, daemon: found, status, hooks: readHooks(config), now: Date.now() };
}

function readHooks(config: Config): Patient["hooks"] {
  try {
    return installed(settingsPath(config));
  } catch {
    return undefined;
  }
}

const SIGNS = { ok: paint("green", "✓"), warn: paint("yellow", "!"), fail: paint("red", "✗") };

const NAME_WIDTH = 17;
function show({ name, state, detail, hint }: Check): void {
  const width = terminalWidth();
  for (const line of hang(`${SIGNS[state]} ${cell(name, NAME_WIDTH)}`, toPlain(detail), width)) out(line);
  if (hint === undefined) return;
  for (const line of hang(`  ${" ".repeat(NAME_WIDTH)}→ `, toPlain(hint), width)) out(line);
}
