import { existsSync } from "node:fs";
import { dirname, relative } from "node:path";
import { lintPlan } from "../../collector/plans/lint/lint.ts";
import { AppError } from "../../schema/errors.ts";
import { PLAN_STATES } from "../../schema/plan.ts";
import { VENDOR_NAMES, VENDORS } from "../../schema/vendors.ts";
import { openReader } from "../../store/database.ts";
import { type Call, type Command, choice, flag, JSON_OPTION, text } from "../command.ts";
import { counted } from "../format.ts";
import { unknownName } from "../known-names.ts";
import { createLocalApp, type LocalApp } from "../local-app.ts";
import { timeZone } from "../moment.ts";
import { archiveMove, manifestOf, move, retryChange, writeChange } from "../plans/files.ts";
import { planList, planStatus } from "../plans/lines.ts";
import { out, printJson, toPlain } from "../print.ts";

const FINDINGS = 1;

export const plans: Command = {
  default_word: "list",
  positionals: ["list|status|validate|graph|resume|retry|archive", "NAME|PATH|FEATURE"],
  options: {
    plan: {
      type: "string",
      value: "NAME|PATH",
      needs: ["retry"],
      what: "retry: the plan that the feature belongs to",
    },
    state: {
      type: "string",
      value: PLAN_STATES.join("|"),
      needs: ["list"],
      what: "list: only plans in this state",
    },
    write: {
      type: "boolean",
      needs: ["retry", "archive"],
      what: "retry, archive: make the change; without it, only show the change",
    },
    json: JSON_OPTION,
  },
  more: [
    "list              plans with progress, time and cost; the default",
    "status [NAME]     one plan with its features (default: the plan that changed last)",
    "validate [PATH]   check a plan's manifest and documents; needs no daemon; exit code 1 on findings",
    "graph [NAME]      the plan's dependencies as Mermaid",
    "resume [NAME]     print the command that resumes the plan",
    "retry FEATURE     set a failed feature back to pending",
    "archive NAME      move a plan's folder to the completed plans",
    "",
    "If two projects share a name, use `project:name`. Only retry and archive write, and only with --write.",
  ].join("\n"),
  async run(call) {
    const [action = "list", target] = call.positionals;
    const run = ACTIONS[action];
    if (!run)
      throw new AppError("usage", `unknown action "${action}" for plans`, {
        hint: `one of: ${Object.keys(ACTIONS).join(", ")}`,
      });
    if (action === "list" && target !== undefined)
      throw new AppError("usage", `unexpected argument "${target}" for plans list`, {
        hint: `did you mean \`hall-monitor plans status ${target}\`?`,
      });
    return run(call, target);
  },
};

const ACTIONS: Record<string, (call: Call, target: string | undefined) => Promise<number> | number> = {
  list: (call) =>
    withApp(call, undefined, async (app) => {
      const state = choice(call.values, "state", PLAN_STATES);
      const answer = await app.call("GET /api/plans", { query: { limit: 200, ...(state && { state }) } });
      print(call, answer, planList(answer.data));
    }),
  status: (call, name) =>
    withApp(call, name, async (app) => {
      const answer = await app.call("GET /api/plans/:name", { params: { name: await nameOf(app, name) } });
      print(call, answer, planStatus(answer.data, timeZone(call.values, call.config().time_zone)));
    }),
  graph: (call, name) =>
    withApp(call, name, async (app) => {
      const answer = await app.call("GET /api/plans/:name/graph", {
        params: { name: await nameOf(app, name) },
      });
      print(call, answer, answer.data.mermaid.split("\n"));
    }),
  resume: (call, name) =>
    withApp(call, name, async (app) => {
      const { data } = await app.call("GET /api/plans/:name", { params: { name: await nameOf(app, name) } });
      const quoted = `'${data.project_path.replaceAll("'", "'\\''")}'`;
      const command = `cd ${quoted} && ${planCommand(data.name)}`;
      print(call, { command }, [toPlain(command)]);
    }),
  validate,
  retry,
  archive,
};

function planCommand(name: string): string {
  const program = VENDOR_NAMES.map((vendor) => VENDORS[vendor].prompt_command).find(
    (command) => command !== null,
  );
  return `${program} '/plan-orchestrate ${name.replaceAll("'", "")}'`;
}

/** `name`: the plan of the call, if it names one. */
async function withApp(
  call: Call,
  name: string | undefined,
  run: (app: LocalApp) => Promise<void>,
): Promise<number> {
  const config = call.config();
  const db = openReader(config.data_dir);
  try {
    const app = createLocalApp(db, config);
    await run(app).catch((error: unknown) => explain(app, error, name));
    return 0;
  } finally {
    db.close();
  }
}

/** An unknown plan is reported with the existing ones. */
async function explain(app: LocalApp, error: unknown, name: string | undefined): Promise<never> {
  if (name === undefined || !(error instanceof AppError) || error.code !== "not_found") throw error;
  const known = (await app.call("GET /api/plans", { query: { limit: 200 } })).data;
  throw unknownName(
    "Plan",
    name,
    known.map((p) => p.name),
  );
}

function print({ values }: Call, json: unknown, lines: string[]): void {
  if (flag(values, "json")) printJson(json);
  else for (const line of lines) out(line);
}

/** Without a name the plan that changed last. */
async function nameOf(app: LocalApp, name: string | undefined): Promise<string> {
  if (name !== undefined) return name;
  const [latest] = (await app.call("GET /api/plans", { query: { limit: 1 } })).data;
  if (latest) return latest.plan_key;
  throw new AppError("no_data", "No plans yet", {
    hint: "they are found in dev/active of your projects",
  });
}

function validate(call: Call, path = "."): number {
  const manifest = manifestOf(path);
  const findings = lintPlan(manifest);
  const folder = relative(process.cwd(), dirname(manifest));
  const place = (file: string) => (folder === "" ? file : `${folder}/${file}`);
  print(call, { manifest, findings }, [
    ...findings.map((f) => toPlain(`${place(f.path)}:${f.line} ${f.code} ${f.message} → ${f.fix}`)),
    findings.length === 0 ? "no findings" : counted(findings.length, "finding"),
  ]);
  return findings.length === 0 ? 0 : FINDINGS;
}

/** The folder of a named plan, or the path itself. */
async function pathOf(call: Call, target: string): Promise<string> {
  if (existsSync(target)) return target;
  let path = "";
  await withApp(call, target, async (app) => {
    path = (await app.call("GET /api/plans/:name", { params: { name: await nameOf(app, target) } })).data
      .path;
  });
  return path;
}

async function retry(call: Call, feature: string | undefined): Promise<number> {
  const plan = text(call.values, "plan");
  if (feature === undefined || plan === undefined)
    throw new AppError("usage", "retry needs a feature and its plan", {
      hint: "for example `hall-monitor plans retry F003 --plan shop --write`",
    });
  const change = retryChange(manifestOf(await pathOf(call, plan)), feature);
  const written = flag(call.values, "write");
  if (written) writeChange(change);
  const done = `${feature} is pending in ${change.path}`;
  print(call, { feature, manifest: change.path, written }, [
    toPlain(written ? done : `with --write: ${done}`),
  ]);
  return 0;
}

async function archive(call: Call, target: string | undefined): Promise<number> {
  if (target === undefined)
    throw new AppError("usage", "archive needs a plan", { hint: "its name or its folder" });
  const { active_dir, complete_dir } = call.config().plans;
  const moved = archiveMove(await pathOf(call, target), active_dir, complete_dir);
  const written = flag(call.values, "write");
  if (written) move(moved);
  const done = `${moved.from} → ${moved.to}`;
  print(call, { ...moved, written }, [toPlain(written ? `moved ${done}` : `with --write: ${done}`)]);
  return 0;
}
