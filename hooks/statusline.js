// Made from hooks/statusline-main.ts by `bun run build:hook`.
// hooks/statusline.ts
import { writeSync as writeSync2 } from "node:fs";

// schema/figures.ts
function toPercent(percent) {
  let exact = Math.round(percent * 1e6) / 1e6;
  return `${exact > 0 && exact < 1 ? "< 1" : Math.floor(exact)} %`;
}

// schema/durations.ts
var DAY_MS = 86400000;

// schema/gate.ts
var MOST_PERCENT = 200, MOST_USD = 1e5, MOST_DURATION_MS = 366 * DAY_MS, FIRST_UNIX_MS = Date.UTC(2020, 0, 1), CLOCK_FROM_UNIX_MS = Date.UTC(2026, 0, 1), LONGEST_WINDOW_MS = 400 * DAY_MS;
function isPercent(value) {
  return typeof value === "number" && value >= 0 && value <= MOST_PERCENT;
}
function isContextSize(value) {
  return Number.isSafeInteger(value) && value > 0 && value <= 1e9;
}
function isCost(value) {
  return typeof value === "number" && value >= 0 && value <= MOST_USD;
}
function toReset(unix_ms, read_unix_ms) {
  if (unix_ms === null || unix_ms === void 0 || !Number.isFinite(unix_ms))
    return null;
  return unix_ms >= FIRST_UNIX_MS && unix_ms <= read_unix_ms + LONGEST_WINDOW_MS ? Math.round(unix_ms) : null;
}

// schema/names.ts
var SPOOL_FOLDER = "spool";
function dataDirectory(env) {
  if (env.HALL_DATA_DIR)
    return env.HALL_DATA_DIR;
  if (env.XDG_DATA_HOME)
    return `${env.XDG_DATA_HOME}/hall-monitor`;
  return env.HOME ? `${env.HOME}/.local/share/hall-monitor` : void 0;
}
function secondDirectory(env, dataDir, uid) {
  if (env.XDG_RUNTIME_DIR)
    return `${env.XDG_RUNTIME_DIR}/hall-monitor`;
  if (!dataDir?.startsWith("/") || uid === void 0)
    return;
  return `/dev/shm/hall-monitor-${uid}${dataDir.replace(/\/+$/, "").replaceAll("/", "%")}`;
}
function spoolSegment(unixMs) {
  return `${new Date(unixMs).toISOString().slice(0, 16).replace(/[-T:]/g, "")}.log`;
}
function spoolHeader(kind, id, unixMs, bytes) {
  return `${kind} ${id} ${unixMs} ${bytes}`;
}

// schema/vendors.ts
var VENDORS = {
  claude: {
    label: "Claude Code",
    short_label: "Claude",
    file_origin: "transcript",
    telemetry: {
      service: /^claude[-_]code/i,
      prefix: "claude_code",
      call_log: "api_request",
      checked_metrics: { "token.usage": "", "cost.usage": "cost" }
    },
    home_variable: "CLAUDE_CONFIG_DIR",
    hooks_command: "hall-monitor install",
    resume_command: "claude --resume",
    prompt_command: "claude",
    tint: "accent",
    main_limit_id: "claude",
    dials: [
      { dial: "S", window: "5h", title: "Claude session" },
      { dial: "W", window: "weekly", title: "Claude week" },
      { dial: "O", window: "weekly_opus", title: "Claude week, Opus" }
    ],
    cctrack_windows: { "5h": "session", weekly: "weekly_all" },
    slot_rank: 2,
    has_global_tool_ids: !0,
    names_models_late: !1,
    forks_by_copy: !0,
    hooks_every_call: !0,
    file_outranks_hooks: !1,
    cache_block_tokens: null,
    has_registry: !0,
    has_statusline: !0,
    has_app_server: !1,
    keeps_totals: !0,
    hooks_can_deny: !0,
    names_turns: !1,
    restarts_after_compaction: !1,
    keeps_old_events: !0,
    keeps_files_by: "raise `cleanupPeriodDays` in Claude Code's settings.json",
    has_monitor_metrics: !1
  },
  codex: {
    label: "Codex",
    short_label: "Codex",
    file_origin: "rollout",
    telemetry: { service: /^codex/i, prefix: "codex", call_log: null, checked_metrics: {} },
    home_variable: "CODEX_HOME",
    hooks_command: "hall-monitor install --codex",
    resume_command: "codex resume",
    prompt_command: null,
    tint: "blue",
    main_limit_id: "codex",
    dials: [
      { dial: "C5", window: "5h", title: "Codex 5 hours" },
      { dial: "CW", window: "weekly", title: "Codex week" }
    ],
    cctrack_windows: { "5h": "5h_limit", weekly: "weekly_limit", monthly: "monthly_limit" },
    slot_rank: 1,
    has_global_tool_ids: !1,
    names_models_late: !0,
    forks_by_copy: !1,
    hooks_every_call: !1,
    file_outranks_hooks: !0,
    cache_block_tokens: 128,
    has_registry: !1,
    has_statusline: !1,
    has_app_server: !0,
    keeps_totals: !1,
    hooks_can_deny: !1,
    names_turns: !0,
    restarts_after_compaction: !0,
    keeps_old_events: !1,
    keeps_files_by: null,
    has_monitor_metrics: !0
  }
}, VENDOR_NAMES = Object.keys(VENDORS), UNNAMED_AGENT = VENDOR_NAMES[0], SLOT_ORDER = VENDOR_NAMES.toSorted((a, b) => VENDORS[a].slot_rank - VENDORS[b].slot_rank);
var DELETING_NAMES = VENDOR_NAMES.filter((name) => VENDORS[name].keeps_files_by !== null), DELETING = DELETING_NAMES.map((name) => VENDORS[name])[0];
var VENDOR_CHOICE = VENDOR_NAMES.join("|"), SESSION_KEY_FORMS = VENDOR_NAMES.map((name) => `\`${name}:<id>\``).join(", ");

// schema/rate-limits.ts
var MINUTE = 60000, NAMED_WINDOWS = [
  { minutes: 300, slack: 5, name: "5h" },
  { minutes: 10080, slack: 60, name: "weekly" },
  { minutes: 43200, slack: 1440, name: "monthly" }
];
function windowMinutes(name) {
  let named = NAMED_WINDOWS.find((w) => name === w.name || name.startsWith(`${w.name}_`));
  if (named)
    return named.minutes;
  let [, minutes] = /^(\d{1,7})m$/.exec(name) ?? [];
  return minutes === void 0 ? null : Number(minutes);
}
var DIALS = SLOT_ORDER.flatMap((source) => VENDORS[source].dials.map((dial) => ({ ...dial, source })));
function resetSeconds(resets_at_unix_ms, now_unix_ms) {
  if (resets_at_unix_ms === null || resets_at_unix_ms <= now_unix_ms)
    return;
  return (resets_at_unix_ms - now_unix_ms) / 1000;
}
function elapsedRatio(resets_at_unix_ms, window_minutes, now_unix_ms) {
  let left = resetSeconds(resets_at_unix_ms, now_unix_ms);
  if (left === void 0 || window_minutes === null || window_minutes <= 0)
    return;
  let elapsed = 1 - left / (window_minutes * 60);
  return elapsed > 0 ? elapsed : void 0;
}
function paceRatio(usage_ratio, resets_at_unix_ms, window_minutes, now_unix_ms) {
  let elapsed = elapsedRatio(resets_at_unix_ms, window_minutes, now_unix_ms);
  return elapsed === void 0 ? void 0 : usage_ratio / elapsed;
}
var STALE_AFTER_MS = 15 * MINUTE;
var FORECAST_SPAN_MS = 5 * MINUTE;

// hooks/append.ts
import * as fs from "node:fs";
var NEWLINE = 10, LOST_FILE = "lost";
function spoolHomes(env) {
  let data = dataDirectory(env);
  return [data, secondDirectory(env, data, process.getuid?.())].filter(isUsablePath).map(withoutSlash);
}
function openSpool(folder) {
  let spool = `${folder}/${SPOOL_FOLDER}`;
  if (ensurePrivate(folder), ensurePrivate(spool))
    keepRoomForLosses(spool);
  return spool;
}
function keepRoomForLosses(spool) {
  if (!fs.existsSync(`${spool}/${LOST_FILE}`))
    appendOnce(`${spool}/${LOST_FILE}`, Buffer.of(NEWLINE));
}
function appendRecord(spool, { id, unix_ms }, { kind, body }, crc32) {
  let covered = Buffer.concat([Buffer.from(`${spoolHeader(kind, id, unix_ms, body.length)}
`), body]), sum = crc32(covered).toString(16).padStart(8, "0"), head = Buffer.from(`
${kind} ${id} ${unix_ms} ${sum} ${body.length} `);
  appendOnce(`${spool}/${spoolSegment(unix_ms)}`, Buffer.concat([head, body, Buffer.of(NEWLINE)]));
}
function appendOnce(path, bytes) {
  let { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants, fd = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 384);
  try {
    let stat = fs.fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat))
      throw Error("not a file of ours");
    if (fs.writeSync(fd, bytes) !== bytes.length)
      throw Error("short write");
  } finally {
    fs.closeSync(fd);
  }
}
function ensurePrivate(folder) {
  let stat = fs.lstatSync(folder, { throwIfNoEntry: !1 }), isMade = !stat && fs.mkdirSync(folder, { recursive: !0, mode: 448 }) !== void 0;
  if (stat ??= fs.lstatSync(folder), stat.isSymbolicLink() && (isOurs(stat) || stat.uid === 0))
    stat = fs.statSync(folder);
  if (!stat.isDirectory() || (stat.mode & 18) !== 0 || !isOurs(stat))
    throw Error("not a folder of ours");
  return isMade;
}
async function loadCrc32() {
  if (typeof Bun < "u")
    return Bun.hash.crc32;
  return (await import("node:zlib")).crc32;
}
function uuidV7(unixMs) {
  let bytes = Buffer.alloc(16);
  return bytes.writeUIntBE(unixMs, 0, 6), bytes.writeUInt16BE(28672 | Math.floor(Math.random() * 4096), 6), bytes.writeUInt32BE(Math.floor(Math.random() * 4294967296), 8), bytes[8] = bytes[8] & 63 | 128, bytes.writeUInt32BE(process.pid >>> 0, 12), bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
function isOurs(stat) {
  return process.getuid === void 0 || stat.uid === process.getuid();
}
function isUsablePath(path) {
  return path !== void 0 && /^([\\/]|[A-Za-z]:[\\/])/.test(path);
}
function withoutSlash(path) {
  return path.replace(/[\\/]+$/, "");
}

// hooks/figures.ts
var NAME = /^[A-Za-z]\w{0,23}$/, TIME = /^\d{4}-[\d:TZ.+-]{6,30}$/;
function figuresOf(limits) {
  let kept = Object.entries(limits).filter(([name]) => NAME.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => isFigure(value) ? [[name, inner(value)]] : []));
}
function inner(value) {
  return typeof value === "object" && value !== null ? figuresOf(value) : value;
}
function isFigure(value) {
  return typeof value === "string" ? TIME.test(value) : !Array.isArray(value);
}
function sessionName(id) {
  return typeof id === "string" && /^(?:[0-9a-fA-F-]{36}|[\w.:-]{1,19})$/.test(id) ? id : void 0;
}

// hooks/stdin.ts
import * as fs2 from "node:fs";
var NEWLINE2 = 10, SILENCE_MS = 1000, BUSY_SILENCE_MS = 3500, BUSY_STEP_MS = 50, READ_LIMIT_BYTES = 67108864;
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
      if (chunks.push(chunk), bytes += chunk.length, clearTimeout(timer), chunk.at(-1) === NEWLINE2 || bytes >= READ_LIMIT_BYTES)
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
  return bytes.at(-1) === NEWLINE2 ? bytes.subarray(0, -1) : bytes;
}

// hooks/today.ts
import * as fs3 from "node:fs";
var TODAY_FILE = "statusline.json";
var STALE_MS = 120000, LIMIT_BYTES = 4096;
function readToday(folder, now) {
  try {
    let { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = fs3.constants, fd = fs3.openSync(`${folder}/${TODAY_FILE}`, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
    try {
      let stat = fs3.fstatSync(fd);
      if (!stat.isFile() || Math.abs(now - stat.mtimeMs) > STALE_MS)
        return;
      let bytes = Buffer.alloc(LIMIT_BYTES), today = toToday(JSON.parse(bytes.toString("utf8", 0, fs3.readSync(fd, bytes, 0, LIMIT_BYTES, 0))));
      return today && now >= today.from_unix_ms && now < today.until_unix_ms ? today : void 0;
    } finally {
      fs3.closeSync(fd);
    }
  } catch {
    return;
  }
}
function toToday(value) {
  let isNumber = (n) => typeof n === "number" && Number.isFinite(n), { from_unix_ms, until_unix_ms, cost_nano_usd, total_tokens, cost_complete } = value ?? {};
  return [from_unix_ms, until_unix_ms, total_tokens].every(isNumber) && (cost_nano_usd === null || isNumber(cost_nano_usd)) && typeof cost_complete === "boolean" ? value : void 0;
}

// hooks/statusline.ts
async function runStatusline({ wrap, account }) {
  let now = Date.now(), { payload: stdin } = await readPayload(), wrapped = wrap === void 0 ? void 0 : runWrapped(wrap, stdin), status = parse(stdin);
  if (wrapped === void 0)
    print(status ? toLine(status, now, today(now)) : "");
  if (status)
    await record(status, account, now).catch(() => {});
  await wrapped;
}
async function record(status, account, now) {
  let { session_id } = status, rate_limits = object(status.rate_limits), size = object(status.context_window)?.context_window_size, context_window_size = isContextSize(size) ? size : void 0;
  if (!rate_limits && context_window_size === void 0)
    return;
  let figures = { rate_limits: rate_limits && figuresOf(rate_limits), context_window_size }, body = Buffer.from(JSON.stringify({ session_id: sessionName(session_id), account, ...figures })), crc32 = await loadCrc32(), identity = { id: uuidV7(now), unix_ms: now };
  for (let home of spoolHomes(process.env))
    try {
      return appendRecord(openSpool(home), identity, { kind: "statusline/1", body }, crc32);
    } catch {}
}
function today(now) {
  let folder = dataDirectory(process.env);
  return folder === void 0 ? void 0 : readToday(folder, now);
}
async function runWrapped(command, stdin) {
  let { spawn } = await import("node:child_process"), child = spawn(command, { shell: !0, stdio: ["pipe", "inherit", "inherit"] });
  child.stdin.on("error", () => {}), child.stdin.end(stdin), await new Promise((resolve) => child.on("close", () => resolve()).on("error", () => resolve()));
}
function toLine(status, now, today) {
  return [
    text(object(status.model)?.display_name),
    percent("context", object(status.context_window)?.used_percentage),
    dollars(costOf(object(status.cost)?.total_cost_usd)),
    today ? spent(today) : "",
    window("5h", object(object(status.rate_limits)?.five_hour), now),
    window("weekly", object(object(status.rate_limits)?.seven_day), now)
  ].filter((part) => part !== "").join(" · ");
}
function window(name, vendor, now) {
  let used = vendor?.used_percentage;
  if (!isPercent(used))
    return "";
  let seconds = finite(vendor?.resets_at), resets = toReset(seconds === void 0 ? null : seconds * 1000, now), pace = paceRatio(used / 100, resets, windowMinutes(name), now), left = resetSeconds(resets, now), notes = [
    pace === void 0 ? "" : `pace ${pace.toFixed(1)}`,
    left === void 0 ? "" : `${duration(left)} left`
  ].filter((note) => note !== "");
  return percent(name, used) + (notes.length > 0 ? ` (${notes.join(", ")})` : "");
}
function percent(name, value) {
  return !isPercent(value) ? "" : `${name} ${toPercent(value)}`;
}
function costOf(value) {
  return isCost(value) ? value : void 0;
}
function dollars(usd) {
  return usd === void 0 ? "" : `$${usd.toFixed(2)}`;
}
function spent({ cost_nano_usd, cost_complete, total_tokens }) {
  if (cost_nano_usd === null)
    return `today ${thousands(total_tokens)} tokens, price unknown`;
  return `today ${dollars(cost_nano_usd / 1e9)}${cost_complete ? "" : "+"}`;
}
function thousands(n) {
  if (n < 1000)
    return String(n);
  return n < 999950 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1e6).toFixed(1)}M`;
}
function duration(seconds) {
  let minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return `${minutes} min`;
  let hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
function print(line) {
  try {
    writeSync2(1, `${line}
`);
  } catch {}
}
function parse(bytes) {
  try {
    return object(JSON.parse(bytes.toString("utf8")));
  } catch {
    return;
  }
}
function object(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : void 0;
}
function finite(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : void 0;
}
function text(value) {
  return typeof value === "string" ? value.replace(/[\u0000-\u001f\u007f-\u009f]/g, "").slice(0, 60) : "";
}

// hooks/statusline-main.ts
var WATCHDOG_MS = 1e4, leave = () => process.exit(0);
process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
var after = (option) => {
  let at = process.argv.indexOf(option);
  return at < 0 ? void 0 : process.argv[at + 1];
}, [wrap, account] = [after("--wrap"), after("--account")];
runStatusline({ ...wrap !== void 0 && { wrap }, ...account !== void 0 && { account } }).then(leave, leave);
