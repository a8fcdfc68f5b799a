// Made from hooks/stop-main.ts by `bun run build:hook`.
// hooks/stop-main.ts
import { writeSync } from "node:fs";

// schema/names.ts
function dataDirectory(env) {
  if (env.HALL_DATA_DIR)
    return env.HALL_DATA_DIR;
  if (env.XDG_DATA_HOME)
    return `${env.XDG_DATA_HOME}/hall-monitor`;
  return env.HOME ? `${env.HOME}/.local/share/hall-monitor` : void 0;
}

// hooks/loops.ts
import { createHash } from "node:crypto";

// hooks/fresh-file.ts
import * as fs from "node:fs";
var LIMIT_BYTES = 1048576;
function readFresh(path, now, stale_ms) {
  let { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants, fd = fs.openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    let stat = fs.fstatSync(fd), isOurs = process.getuid === void 0 || stat.uid === process.getuid();
    if (!stat.isFile() || !isOurs || stat.size > LIMIT_BYTES)
      return;
    if (Math.abs(now - stat.mtimeMs) > stale_ms)
      return;
    return JSON.parse(fs.readFileSync(fd, "utf8"));
  } finally {
    fs.closeSync(fd);
  }
}

// hooks/loops.ts
var LOOP_FILE = "loops.json";
var STALE_MS = 20000;
function callDigest({ tool_name, tool_input }) {
  let isCommand = isObject(tool_input) && typeof tool_input.command === "string", { description: _, ...rest } = isCommand ? tool_input : {}, text = JSON.stringify([tool_name, isCommand ? rest : tool_input], inOrder);
  return createHash("sha256").update(text).digest("hex");
}
var isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value), inOrder = (_, value) => isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1)) : value;
function findLoop(folder, call, now) {
  try {
    let file = readFresh(`${folder}/${LOOP_FILE}`, now, STALE_MS);
    if (typeof file?.config !== "string" || !isAlive(file.pid))
      return;
    let own = file.loops.filter((l) => isWhole(l) && l.session_id === call.session_id && l.agent_id === call.agent_id), digest = own.length > 0 ? callDigest(call) : "", loop = own.find((l) => l.digest === digest);
    return loop && { loop, config: file.config };
  } catch {
    return;
  }
}
function isAlive(pid) {
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0)
    return !1;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}
function isWhole(loop) {
  let { session_id, agent_id, digest, failures, deny_after } = loop ?? {};
  return [session_id, agent_id, digest].every((t) => typeof t === "string") && [failures, deny_after].every((n) => Number.isSafeInteger(n));
}
function toLoopAnswer({ failures, deny_after }, tool_name, config) {
  let failed = `hall-monitor: this ${tool_name} call has failed ${failures} times in a row with the same input`;
  if (failures < deny_after) {
    let text = `${failed}. Read the error and change something before it runs again; after ${deny_after} failures it is denied.`;
    return {
      systemMessage: text,
      hookSpecificOutput: { hookEventName: "PreToolUse", additionalContext: text }
    };
  }
  return {
    hookSpecificOutput: {
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: `${failed}, so the loop guard denied it. Do something else: after any other call it may run again. The guard is configured by loop_guard in ${config}.`
    }
  };
}

// hooks/stdin.ts
import * as fs2 from "node:fs";
var NEWLINE = 10, SILENCE_MS = 1000, BUSY_SILENCE_MS = 3500, BUSY_STEP_MS = 50, READ_LIMIT_BYTES = 67108864;
function readPayload() {
  let begin = performance.now(), chunks = [], bytes = 0;
  return new Promise((resolve) => {
    let finish = (is_silent) => {
      clearTimeout(timer), resolve({ payload: withoutNewline(Buffer.concat(chunks)), is_silent });
    }, end = () => finish(!1), check = async () => {
      let before = bytes, isLate = performance.now() - begin >= BUSY_SILENCE_MS || !await isMachineBusy();
      if (bytes !== before)
        return;
      if (isLate)
        finish(bytes === 0);
      else
        timer = setTimeout(check, BUSY_STEP_MS);
    }, take = (chunk) => {
      if (chunks.push(chunk), bytes += chunk.length, clearTimeout(timer), chunk.at(-1) === NEWLINE || bytes >= READ_LIMIT_BYTES)
        end();
      else
        timer = setTimeout(check, Math.min(SILENCE_MS, BUSY_SILENCE_MS - (performance.now() - begin)));
    }, timer = setTimeout(check, SILENCE_MS);
    if (typeof Bun > "u")
      process.stdin.on("data", take).on("end", end).on("error", end);
    else
      readOn(take).then(end, end);
  });
}
async function isMachineBusy() {
  let os = await import("node:os");
  return runningTasks(os.loadavg()[0]) > os.availableParallelism();
}
function runningTasks(load) {
  try {
    return Number(/ (\d+)\//.exec(fs2.readFileSync("/proc/loadavg", "latin1"))[1]);
  } catch {
    return load;
  }
}
async function readOn(take) {
  for await (let chunk of Bun.stdin.stream())
    take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
}
function withoutNewline(bytes) {
  return bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
}

// schema/projects.ts
var WSL_SHARE = /^\/\/(?:wsl\.localhost|wsl\$)\/[^/]+/i, WORKTREE = /(?:\/\.claude\/worktrees|\/\.worktrees|\.worktrees)\/[^/]+(?=\/|$)/, NAMED_WORKTREE = /(\/\.cursor\/worktrees\/[^/]+)\/[^/]+(?=\/|$)/;
function projectOf(path) {
  let folder = path.trim().replace(/^file:\/\/(?:localhost)?(?:\/(?=[A-Za-z]:))?/, "").replace(/^\\\\\?\\/, "");
  if (/^[A-Za-z]:(?:[\\/]|$)|^\\\\/.test(folder))
    folder = folder.replaceAll("\\", "/");
  return folder = folder.replace(WSL_SHARE, ""), folder = onDrive(folder) ?? folder, folder = folder.replace(/(?<!^)\/{2,}/g, "/").replace(WORKTREE, "").replace(NAMED_WORKTREE, "$1"), folder.replace(/(?<=.)\/+$/, "");
}
function onDrive(folder) {
  let [, letter, rest = ""] = /^([A-Za-z]):(\/.*)?$/.exec(folder) ?? /^\/(?:mnt|cygdrive)\/([A-Za-z])(\/.*)?$/.exec(folder) ?? /^\/([A-Za-z])(\/Users\/.*)$/i.exec(folder) ?? [];
  return letter === void 0 ? void 0 : `${letter.toUpperCase()}:${rest}`;
}
function isProject(path, query) {
  let wanted = projectOf(query).toLowerCase();
  return [projectOf(path), path].some((folder) => {
    let known = folder.toLowerCase();
    return known === wanted || known === query.toLowerCase() || known.endsWith(`/${wanted}`);
  });
}

// hooks/stop.ts
var STOP_FILE = "stop.json";
var STALE_MS2 = 120000;
function findStop(folder, call, now) {
  try {
    let file = readFresh(`${folder}/${STOP_FILE}`, now, STALE_MS2);
    if (typeof file?.config !== "string")
      return;
    let stop = file.stops.find((s) => isWhole2(s) && isOn(s, call, now));
    return stop && { stop, config: file.config };
  } catch {
    return;
  }
}
function toReason({ scope, of, limit_usd, spent_usd, until_unix_ms }, config) {
  let end = until_unix_ms === null ? "" : ` It ends by itself at ${new Date(until_unix_ms).toISOString()}.`;
  return `hall-monitor: the ${scope} budget of ${dollars(limit_usd)} is used up (${dollars(spent_usd)} spent ${of}), and a hard stop is set for it. No tool runs until it is lifted.${end} To lift it now, a person can raise limit_usd or remove hard_stop in ${config}; that takes effect within seconds.`;
}
function isWhole2(stop) {
  let { scope, of, limit_usd, spent_usd, until_unix_ms, session_id, project } = stop ?? {};
  return [scope, of].every((t) => typeof t === "string") && [limit_usd, spent_usd].every((n) => typeof n === "number" && Number.isFinite(n)) && (until_unix_ms === null || typeof until_unix_ms === "number") && [session_id, project].every((t) => t === null || typeof t === "string");
}
function isOn({ until_unix_ms, session_id, project }, call, now) {
  if (until_unix_ms !== null && now >= until_unix_ms)
    return !1;
  if (session_id !== null && session_id !== call.session_id)
    return !1;
  return project === null || isProject(call.project_path, project);
}
var dollars = (usd) => `$${usd.toFixed(2)}`;

// hooks/stop-main.ts
var WATCHDOG_MS = 1000, leave = () => process.exit(0);
process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);
async function main() {
  let payload = JSON.parse((await readPayload()).payload.toString("utf8")), { hook_event_name, session_id, cwd } = payload, folder = dataDirectory(process.env);
  if (hook_event_name !== "PreToolUse" || typeof session_id !== "string" || folder === void 0)
    return;
  let project_path = process.env.CLAUDE_PROJECT_DIR || (typeof cwd === "string" ? cwd : ""), found = findStop(folder, { session_id, project_path }, Date.now());
  if (found)
    return deny(toReason(found.stop, found.config));
  let { agent_id, tool_name, tool_input } = payload;
  if (typeof tool_name !== "string")
    return;
  let looping = findLoop(folder, { session_id, agent_id: typeof agent_id === "string" ? agent_id : "", tool_name, tool_input }, Date.now());
  if (looping)
    print(toLoopAnswer(looping.loop, tool_name, looping.config));
}
function deny(permissionDecisionReason) {
  print({ hookSpecificOutput: {
    hookEventName: "PreToolUse",
    permissionDecision: "deny",
    permissionDecisionReason
  } });
}
function print(answer) {
  writeSync(1, `${JSON.stringify(answer)}
`);
}
