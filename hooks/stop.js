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

// hooks/stdin.ts
function readPayload() {
  let chunks = [], bytes = 0;
  return new Promise((resolve) => {
    let finish = () => {
      clearTimeout(timer), resolve(withoutNewline(Buffer.concat(chunks)));
    }, take = (chunk) => {
      if (chunks.push(chunk), bytes += chunk.length, chunk.at(-1) === 10 || bytes >= 67108864)
        finish();
    }, timer = setTimeout(finish, 1000);
    if (typeof Bun > "u")
      process.stdin.on("data", take).on("end", finish).on("error", finish);
    else
      readOn(take).then(finish, finish);
  });
}
async function readOn(take) {
  for await (let chunk of Bun.stdin.stream())
    take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
}
function withoutNewline(bytes) {
  return bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;
}

// hooks/stop.ts
import * as fs from "node:fs";

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
var STALE_MS = 120000, LIMIT_BYTES = 1048576;
function findStop(folder, call, now) {
  try {
    let file = readFresh(`${folder}/${STOP_FILE}`, now), stop = file?.stops.find((s) => isWhole(s) && isOn(s, call, now));
    return file && stop && { stop, config: file.config };
  } catch {
    return;
  }
}
function toReason({ scope, of, limit_usd, spent_usd, until_unix_ms }, config) {
  let end = until_unix_ms === null ? "" : ` It ends by itself at ${new Date(until_unix_ms).toISOString()}.`;
  return `hall-monitor: the ${scope} budget of ${dollars(limit_usd)} is used up (${dollars(spent_usd)} spent ${of}), and its owner asked for a hard stop. No tool runs until it is lifted.${end} To lift it now, a person raises limit_usd or takes out hard_stop in ${config}; that takes effect within seconds.`;
}
function readFresh(path, now) {
  let { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs.constants, fd = fs.openSync(path, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  try {
    let stat = fs.fstatSync(fd), isOurs = process.getuid === void 0 || stat.uid === process.getuid();
    if (!stat.isFile() || !isOurs || stat.size > LIMIT_BYTES)
      return;
    if (Math.abs(now - stat.mtimeMs) > STALE_MS)
      return;
    let file = JSON.parse(fs.readFileSync(fd, "utf8"));
    return typeof file.config === "string" ? file : void 0;
  } finally {
    fs.closeSync(fd);
  }
}
function isWhole(stop) {
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
  let payload = JSON.parse((await readPayload()).toString("utf8")), { hook_event_name, session_id, cwd } = payload, folder = dataDirectory(process.env);
  if (hook_event_name !== "PreToolUse" || typeof session_id !== "string" || folder === void 0)
    return;
  let project_path = process.env.CLAUDE_PROJECT_DIR || (typeof cwd === "string" ? cwd : ""), found = findStop(folder, { session_id, project_path }, Date.now());
  if (found)
    deny(toReason(found.stop, found.config));
}
function deny(permissionDecisionReason) {
  writeSync(1, `${JSON.stringify({ hookSpecificOutput: {
    hookEventName: "PreToolUse",
    permissionDecision: "deny",
    permissionDecisionReason
  } })}
`);
}
