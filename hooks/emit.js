// Made from hooks/emit.ts by `bun run build:hook`.
// hooks/emit.ts
import * as fs6 from "node:fs";

// schema/names.ts
var HOOK_KINDS = {
  claude: { line: "hook/1", text: "hook-raw/1", file: "hook-file/1" },
  codex: { line: "codex-hook/1", file: "codex-hook-file/1" }
}, FIRST_HOOK_AGENT = "claude";
function isHookAgent(name) {
  return name !== void 0 && Object.hasOwn(HOOK_KINDS, name);
}
var SPOOL_FOLDER = "spool", SPOOL_INLINE_LIMIT_BYTES = 4194304;
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

// hooks/autostart.ts
import * as fs3 from "node:fs";

// hooks/regular.ts
import * as fs2 from "node:fs";

class NotRegular extends Error {
  code = "not_a_file";
  constructor(path) {
    super(`${path} is not a regular file`);
  }
}
function openRegular(path, links, use = "read") {
  let { O_NOFOLLOW, O_NONBLOCK } = fs2.constants, stat = links === "own" ? fs2.lstatSync(path, NO_THROW) : fs2.statSync(path, NO_THROW);
  if (stat && !stat.isFile())
    throw new NotRegular(path);
  let noFollow = links === "own" ? O_NOFOLLOW ?? 0 : 0, fd = fs2.openSync(path, flagsOf(use) | noFollow | (O_NONBLOCK ?? 0), 384);
  if (fs2.fstatSync(fd).isFile())
    return fd;
  throw fs2.closeSync(fd), new NotRegular(path);
}
function flagsOf(use) {
  let { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC } = fs2.constants;
  if (use === "read")
    return O_RDONLY;
  if (use === "change")
    return O_RDWR;
  return use === "append" ? O_RDWR | O_APPEND | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC;
}
var NO_THROW = { throwIfNoEntry: !1 };
function readRegular(path, links) {
  let fd = openRegular(path, links);
  try {
    return fs2.readFileSync(fd);
  } finally {
    fs2.closeSync(fd);
  }
}

// hooks/autostart.ts
var OFF = ["", "false", "0", "no", "off"], FRESH_MS = 60000, DAEMON_ENV = /^(HALL_.*|XDG_.*|LC_.*|HOME|PATH|USER|LOGNAME|SHELL|LANG|TZ|TMPDIR|BUN_INSTALL|CLAUDE_CONFIG_DIR|CODEX_HOME|CODEX_SESSIONS_DIR|ENABLE_CODEX_SOURCE|CLAUDE_STATUS_PATH|CODEX_STATUS_PATH|CODEX_CA_CERTIFICATE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy)$/;
async function startDaemon(folder, root) {
  let wish = process.env.HALL_AUTOSTART;
  if (wish !== void 0 && OFF.includes(wish.toLowerCase()))
    return;
  let command = daemonCommand(root);
  if (command === void 0 || isDaemonAlive(folder))
    return;
  let { spawn } = await import("node:child_process"), [file, ...args] = command, env = Object.fromEntries(Object.entries(process.env).filter(([name]) => DAEMON_ENV.test(name)));
  spawn(file, args, { cwd: folder, detached: !0, stdio: "ignore", env }).unref();
}
function daemonCommand(root) {
  let launcher = `${root}/bin/hall-monitor`;
  if (!(fs3.existsSync(`${root}/cli/main.js`) || fs3.existsSync(`${root}/node_modules`)) || !fs3.existsSync(launcher))
    return;
  return [process.platform === "win32" ? "sh" : "/bin/sh", launcher, "start", "--from-hook"];
}
function isDaemonAlive(folder) {
  try {
    let path = `${folder}/daemon.json`;
    if (Math.abs(Date.now() - fs3.lstatSync(path).mtimeMs) > FRESH_MS)
      return !1;
    let { pid } = JSON.parse(readRegular(path, "own").toString("utf8"));
    if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0)
      return !1;
    return process.kill(pid, 0), !0;
  } catch {
    return !1;
  }
}

// hooks/redact/digest.ts
var DIGEST_FIELD = "prompt_crc32";
function digestible(covered) {
  return Buffer.from(covered.replace(/\[redacted:[a-z0-9_]+\]/g, "[redacted]").replace(/[\t-\r ]+/g, ""));
}

// hooks/redact/json.ts
var OUTSIDE = new Set([...` 	\r
{}[]:,-+.0123456789eEtrufalsn`].map((c) => c.charCodeAt(0))), [QUOTE, BACKSLASH, COLON] = [34, 92, 58];
function* stringsOf(json) {
  let depth = 0;
  for (let at = 0;at < json.length; at++) {
    let code = json.charCodeAt(at);
    if (code === QUOTE) {
      let end = endOf(json, at + 1);
      if (end < 0)
        return !1;
      yield { start: at + 1, end, depth, is_name: isBeforeColon(json, end + 1) }, at = end;
    } else if (code === 123 || code === 91)
      depth++;
    else if (code === 125 || code === 93)
      depth--;
    else if (!OUTSIDE.has(code))
      return !1;
  }
  return !0;
}
function endOf(json, start) {
  for (let at = start;at < json.length; at++) {
    let code = json.charCodeAt(at);
    if (code === QUOTE)
      return at;
    if (code === BACKSLASH)
      at++;
  }
  return -1;
}
function isBeforeColon(json, from) {
  let at = from;
  while (json[at] === " " || json[at] === "\t" || json[at] === `
` || json[at] === "\r")
    at++;
  return json.charCodeAt(at) === COLON;
}
function meaningOf(json, { start, end }) {
  let raw = json.slice(start, end);
  if (!raw.includes("\\"))
    return raw;
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    return raw;
  }
}

// hooks/redact/names.ts
var NAMES = "hook_event_name|.*_type|type|kind|source|trigger|reason|model|permission_mode|.*_mode|status|level|name|outcome|error_type|version|.*_id|.*_key|agent_type|mcp_server_name|limit_id|window|account|unit|rule|severity", METADATA_NAME = new RegExp(`^(?:${NAMES})$`), KEPT_NAME = new RegExp(`(?:${NAMES}|cwd|tool_name|transcript_path|agent_transcript_path)$`, "y"), COMMAND_FIELDS = ["prompt", "session_title"], COMMAND_START = /\s*(?:<[a-z-]{1,30}>|\/[a-z-]{1,30}(?!\S))/y, FIELD_NAME = /[A-Za-z_][\w.-]{0,39}$/y;

// hooks/redact/mask.ts
function maskJson(json) {
  let out = "", from = 0, name = "", all = stringsOf(json);
  for (let next = all.next();; next = all.next()) {
    if (next.done)
      return next.value ? out + json.slice(from) : "x".repeat(Buffer.byteLength(json));
    let { start, end, depth, is_name } = next.value, raw = json.slice(start, end), isOwn = depth === 1;
    if (isOwn && is_name)
      name = raw;
    let kept = is_name ? isOwn || matches(FIELD_NAME, raw) > 0 ? raw.length : 0 : isOwn ? keptOf(name, raw) : 0;
    out += json.slice(from, start + kept) + maskText(raw.slice(kept)), from = end;
  }
}
function keptOf(name, value) {
  if (matches(KEPT_NAME, name) >= 0)
    return value.length;
  return COMMAND_FIELDS.includes(name) ? Math.max(0, matches(COMMAND_START, value)) : 0;
}
function matches(pattern, text) {
  return pattern.lastIndex = 0, pattern.test(text) ? pattern.lastIndex : -1;
}
var LETTERS = /\\u([0-9a-fA-F]{4})|\\(.)|[\u{10000}-\u{10ffff}]|[\s\S]/gu;
function maskText(raw) {
  return raw.replace(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g, "\uD83D\uDE00").replace(LETTERS, (letter, hex, short) => {
    if (short !== void 0)
      return short === "/" ? "x" : "\\n";
    let code = hex === void 0 ? letter.codePointAt(0) : Number.parseInt(hex, 16);
    if (code >= 55296 && code < 57344)
      return letter;
    if (code === 34 || code === 92 || code >= 8 && code <= 13 && code !== 11)
      return "\\n";
    if (code < 32)
      return "\\u0001";
    return code < 128 ? "x" : code < 2048 ? "é" : code < 65536 ? "…" : "\uD83D\uDE00";
  });
}

// hooks/redact/mode.ts
import * as fs4 from "node:fs";

// schema/capture-settings.ts
var CAPTURE_MODES = ["full", "redacted", "metadata"], toCaptureMode = (word) => CAPTURE_MODES.find((mode) => mode === word);

// hooks/redact/patterns.ts
var of = (kind, heads, pattern, value, back = 0) => {
  let all = { kind, pattern, heads: heads.split(" ").filter(Boolean), back };
  return value === void 0 ? all : { ...all, value };
}, HEX = [..."0123456789abcdef"];
var prefixed = (kind, heads, form, back = 0) => of(kind, heads, new RegExp(`(?<![A-Za-z0-9_])(?:${form})`, "g"), void 0, back);
var joined = (first, last) => ["", "_", "-"].map((by) => first + by + last), NAME_HEADS = [
  "pass pwd secret token credential",
  ..."api|access|account|private|encryption|signing|master|auth|license".split("|").flatMap((word) => joined(word, "key")),
  ...joined("session", "id"),
  ...joined("connection", "string")
].join(" "), PATTERNS = [
  of("private_key", "-----begin", /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g),
  prefixed("age_key", "age-secret-key-1", "AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
  prefixed("putty_key", "putty-user-key-file-", "PuTTY-User-Key-File-\\d:[\\s\\S]{0,20000}?Private-MAC: [0-9a-f]+"),
  prefixed("aws_access_key_id", "a3t akia asia abia acca aroa aida agpa aipa anpa anva", "(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA)[A-Z0-9]{16}(?![A-Z0-9])"),
  prefixed("google_api_key", "aiza", "AIza[0-9A-Za-z_-]{30,}"),
  prefixed("google_oauth", "gocspx- ya29.", "(?:GOCSPX-[0-9A-Za-z_-]{20,}|ya29\\.[0-9A-Za-z_-]{20,})"),
  prefixed("anthropic_key", "sk-ant-", "sk-ant-[A-Za-z0-9_-]{6,}"),
  prefixed("openai_key", "sk-", "sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,}"),
  prefixed("github_token", "gho_ ghp_ ghr_ ghs_ ghu_ github_pat_", "(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
  prefixed("gitlab_token", "glpat- gloas- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- glffct- gr1348941", "(?:gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{16,}|GR1348941[A-Za-z0-9_-]{16,})"),
  prefixed("bitbucket_token", "atbb atctt3 atatt3", "(?:ATBB|ATCTT3|ATATT3)[A-Za-z0-9_=-]{20,}"),
  prefixed("slack_token", "xox xapp-", "xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-\\d-[A-Za-z0-9-]{10,}"),
  of("slack_webhook", "hooks.slack.com/", /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/+-]{20,}/g),
  of("discord_webhook", "/api/webhooks/", /discord(?:app)?\.com\/api\/webhooks\/\d{15,}\/[A-Za-z0-9_-]{30,}/g, void 0, 14),
  of("teams_webhook", ".webhook.office.com/", /(?<![a-z0-9-])[a-z0-9-]{1,60}\.webhook\.office\.com\/webhookb2\/[A-Za-z0-9@/-]{30,}/g, void 0, 60),
  prefixed("stripe_key", "sk_live_ sk_test_ rk_live_ rk_test_ whsec_", "(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,})"),
  prefixed("square_token", "sq0atp- sq0csp- eaaa", "(?:sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}|EAAA[A-Za-z0-9_-]{50,})"),
  prefixed("paypal_token", "access_token$", "access_token\\$(?:production|sandbox)\\$[a-z0-9]{10,}\\$[a-f0-9]{20,}"),
  prefixed("shopify_token", "shpat_ shpca_ shppa_ shpss_", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{20,}"),
  prefixed("twilio_key", HEX.map((digit) => `sk${digit} ac${digit}`).join(" "), "(?:SK|AC)[0-9a-f]{32}(?![0-9a-f])"),
  prefixed("sendgrid_key", "sg.", "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}"),
  prefixed("mailgun_key", "key-", "key-[0-9a-f]{32}(?![0-9a-f])"),
  prefixed("mailchimp_key", "-us", "[0-9a-f]{32}-us\\d{1,2}(?!\\d)", 32),
  prefixed("brevo_key", "xkeysib-", "xkeysib-[a-f0-9]{40,}-[A-Za-z0-9]{8,}"),
  prefixed("npm_token", "npm_", "npm_[A-Za-z0-9]{30,}"),
  prefixed("pypi_token", "pypi-", "pypi-[A-Za-z0-9_-]{30,}"),
  prefixed("rubygems_key", "rubygems_", "rubygems_[a-f0-9]{40,}"),
  prefixed("crates_token", "cio", "cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
  prefixed("docker_token", "dckr_pat_ dckr_oat_", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
  prefixed("huggingface_token", "hf_ api_org_", "(?:hf_|api_org_)[A-Za-z0-9]{30,}"),
  prefixed("groq_key", "gsk_", "gsk_[A-Za-z0-9]{30,}"),
  prefixed("xai_key", "xai-", "xai-[A-Za-z0-9]{30,}"),
  prefixed("perplexity_key", "pplx-", "pplx-[A-Za-z0-9]{30,}"),
  prefixed("replicate_token", "r8_", "r8_[A-Za-z0-9]{30,}"),
  prefixed("fireworks_key", "fw_", "fw_[A-Za-z0-9]{20,}"),
  prefixed("nvidia_key", "nvapi-", "nvapi-[A-Za-z0-9_-]{30,}"),
  prefixed("tavily_key", "tvly-", "tvly-[A-Za-z0-9-]{20,}"),
  prefixed("langsmith_key", "lsv2_", "lsv2_(?:pt|sk)_[a-f0-9]{20,}(?:_[a-f0-9]+)?"),
  prefixed("databricks_token", "dapi", "dapi[0-9a-f]{32}(?:-\\d)?"),
  prefixed("linear_key", "lin_api_ lin_oauth_", "lin_(?:api|oauth)_[A-Za-z0-9]{30,}"),
  prefixed("notion_token", "ntn_ secret_", "(?:ntn_[A-Za-z0-9]{30,}|secret_[A-Za-z0-9]{40,})"),
  prefixed("figma_token", "figd_", "figd_[A-Za-z0-9_-]{30,}"),
  prefixed("airtable_token", "pat", "pat[A-Za-z0-9]{14}\\.[a-f0-9]{40,}"),
  prefixed("asana_token", HEX.slice(0, 10).map((digit) => `1/${digit} 2/${digit}`).join(" "), "[12]/\\d{10,}(?:/\\d{10,})?:[a-f0-9]{32}"),
  prefixed("vercel_token", "vcp_ vci_ vca_ vcr_ vck_ vercel_blob_rw_", "(?:vc[piakr]_[A-Za-z0-9]{20,}|vercel_blob_rw_[A-Za-z0-9_]{20,})"),
  prefixed("netlify_token", "nfp_ nfc_ nfo_ nfu_ nfb_", "nf[pcoub]_[A-Za-z0-9]{30,}"),
  prefixed("digitalocean_token", "doo_v1_ dop_v1_ dor_v1_", "do[opr]_v1_[a-f0-9]{40,}"),
  prefixed("fly_token", "fm1 fm2", "(?:FlyV1 )?fm[12][arp]?_[A-Za-z0-9+/=,_-]{30,}", 6),
  prefixed("heroku_key", "hrku-", "HRKU-[A-Za-z0-9_-]{30,}"),
  prefixed("supabase_key", "sbp_ sb_secret_", "(?:sbp_[a-f0-9]{30,}|sb_secret_[A-Za-z0-9_-]{20,})"),
  prefixed("planetscale_token", "pscale_", "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}"),
  prefixed("grafana_token", "glsa_ glc_", "gl(?:sa|c)_[A-Za-z0-9_+/=-]{30,}"),
  prefixed("newrelic_key", "nrak- nrjs- nrii- nriq- nrra-", "NR(?:AK|JS|II|IQ|RA)-[A-Za-z0-9_-]{16,}"),
  prefixed("sentry_token", "sntrys_ sntryu_", "sntry[su]_[A-Za-z0-9_+/=.-]{30,}"),
  prefixed("dynatrace_token", "dt0", "dt0[a-z]\\d{2}\\.[A-Z0-9]{20,}\\.[A-Z0-9]{40,}"),
  prefixed("postman_key", "pmak-", "PMAK-[a-f0-9]{20,}-[a-f0-9]{30,}"),
  prefixed("terraform_token", ".atlasv1.", "[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{40,}", 14),
  prefixed("vault_token", "hvs. hvb. hvr.", "hv[sbr]\\.[A-Za-z0-9_-]{20,}"),
  prefixed("doppler_token", "dp.", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9_.-]{30,}"),
  prefixed("onepassword_token", "ops_eyj", "ops_eyJ[A-Za-z0-9_-]{30,}"),
  prefixed("pulumi_token", "pul-", "pul-[a-f0-9]{40}"),
  prefixed("snyk_token", "snyk_", "snyk_(?:uat|sat)\\.[A-Za-z0-9._-]{20,}"),
  prefixed("sonar_token", "sqp_ squ_ sqa_", "sq[pua]_[a-f0-9]{40}"),
  prefixed("artifactory_token", "akc cmvmdgtuo", "(?:AKC[A-Za-z0-9]{30,}|cmVmdGtuO[A-Za-z0-9+/=]{30,})"),
  prefixed("alibaba_key", "ltai", "LTAI[A-Za-z0-9]{12,}"),
  prefixed("tencent_key", "akid", "AKID[A-Za-z0-9]{28,}"),
  prefixed("telegram_token", ":aa", "\\d{8,10}:AA[A-Za-z0-9_-]{32,}", 10),
  prefixed("discord_token", "", "[MNO][A-Za-z\\d]{22,}\\.[\\w-]{6}\\.[\\w-]{27,}"),
  prefixed("facebook_token", "eaa", "EAA[A-Za-z0-9]{60,}"),
  prefixed("okta_token", "ssws", "SSWS [A-Za-z0-9_-]{30,}"),
  prefixed("jwt", "eyj", "eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*"),
  of("azure_key", "accountkey= sharedaccesskey= sharedsecretkey=", /(?:AccountKey|SharedAccessKey|SharedSecretKey)=([A-Za-z0-9+/=]{20,})/gi, 1),
  of("azure_signature", "sig=", /[?&]sig=([A-Za-z0-9%+/=]{20,})/g, 1, 1),
  of("signed_url", "x-amz- x-goog-", /[?&]X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)=([A-Za-z0-9%/+=_-]{10,})/gi, 1, 1),
  of("authorization", "authorization", /\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|apikey)\s+)?([^\s"',;]{8,})/gi, 1),
  of("bearer", "bearer basic", /\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{12,})/gi, 1),
  of("cookie", "cookie", /\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\r\n"']{8,})/gi, 1, 4),
  of("url_password", "://", /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`]*:([^\s/@"'`]{1,200})@/gi, 1, 21),
  of("url_user_token", "://", /:\/\/([^\s/:@?#"'`]{16,200})(?::x-oauth-basic)?@/gi, 1),
  of("netrc", "machine", /\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S+)/gi, 1),
  of("curl_user", "curl", /\bcurl\b[^\n|;&]{0,300}?\s(?:-u|--user)[\s=]+["']?[^\s:"']+:([^\s"']+)/g, 1),
  of("password_option", "-pass -token -secret -api-key -apikey", /(?<!\w)--?(?:password|passwd|pass|token|secret|api-key|apikey)(?:=|\s+)["']?([^\s"'-][^\s"']{3,})/gi, 1, 1),
  of("mysql_password", "mysql", /\bmysql(?:dump|admin)?\b[^\n|;&]{0,200}?\s-p([^\s"']{4,})/g, 1),
  of("sshpass", "sshpass", /\bsshpass\s+-p\s*["']?([^\s"']+)/g, 1),
  of("aws_account_id", "account", /\baws[_ -]?account[_ -]?(?:id)?["']?\s*(?:=>|:=|[:=])\s*["']?(\d{4}-?\d{4}-?\d{4})(?!\d)/gi, 1, 4),
  of("assigned_secret", NAME_HEADS, new RegExp(`(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|token|credentials?|(?:api|access|account|private|encryption|signing|master|auth|license)[_-]?key|session[_-]?id|connection[_-]?string)(?:[_-]?\\d{1,6}|[_-](?:prod|production|live|dev|test|staging|old|new|primary|secondary|base64|b64))?\\\\?["'\`]?\\]?\\s*(?:=>|:=|[:=])\\s*(?:\\\\"([^"\\\\\\n]{4,})\\\\"|"((?:[^"\\\\\\n]|\\\\.){4,})"|'((?:[^'\\\\\\n]|\\\\.){4,})'|([^\\s"',;<>(){}\\[\\]$|&]{6,}))`, "gi"), -1)
], EMAIL = of("email", "", /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}(?![\w-])/gi, void 0, 64), PLACEHOLDER = /(?:true|false|null|none|undefined|required|optional|string|number|boolean|redacted|\*+|x{3,}|\.{3,})(?![^\s;,.)])|process\.env|os\.environ|env\.|import\.meta|\[redacted/iy;
function isPlaceholder(value) {
  return PLACEHOLDER.lastIndex = 0, PLACEHOLDER.test(value);
}
var SECRET_NAME = new RegExp("(?:(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|token|credentials?|(?:api|access|account|private|encryption|signing|master|auth|license)[_-]?key|connection[_-]?string)(?:[_-]?\\d{1,6}|[_-](?:prod|production|live|dev|test|staging|old|new|primary|secondary|base64|b64))?|passwords|secrets|authorization|cookie)$", "i"), LIBRARY_HEADS = "a3t akia agpa aida aroa aipa anpa anva asia account secret -----begin private_key x-oauth-basic _authtoken npm_ xox xapp hooks.slack.com/ :// sk- gsk_ hf_ lin_api_ ntn_ sg. shppa_ shpca_ shpat_ shpss_ gho_ ghp_ ghr_ ghs_ ghu_ github_pat_ glpat- glc_ glsa_ ops_ hvs. hvb. hvr. vcp_ vci_ vca_ vcr_ vck_ dapi dckr_ figd_".split(" ");

// hooks/redact/payload.ts
var NAMED = "[redacted:named_secret]", SHORTEST_VALUE = 4;
function coverJson(json, cover) {
  let out = "", from = 0, secretDepth, all = stringsOf(json);
  for (let next = all.next();; next = all.next()) {
    if (next.done)
      return next.value ? out + json.slice(from) : cover(json);
    let string = next.value, text = meaningOf(json, string), covered = !string.is_name && secretDepth !== void 0 && string.depth >= secretDepth && isValue(text) ? NAMED : cover(text);
    if (string.is_name)
      secretDepth = isSecretName(text) ? string.depth : void 0;
    if (covered === text)
      continue;
    out += json.slice(from, string.start) + JSON.stringify(covered).slice(1, -1), from = string.end;
  }
}
var isSecretName = (name) => SECRET_NAME.test(name), isValue = (text) => [...text.slice(0, 2 * SHORTEST_VALUE)].length >= SHORTEST_VALUE && !isPlaceholder(text);
function topString(json, name) {
  let found, last, all = stringsOf(json);
  for (let next = all.next();; next = all.next()) {
    if (next.done)
      return next.value ? found : void 0;
    let string = next.value;
    if (string.depth !== 1)
      continue;
    let isIt = last?.is_name && json.slice(last.start, last.end) === name;
    if (!string.is_name && isIt)
      found = meaningOf(json, string);
    last = string;
  }
}

// hooks/redact/mode.ts
var CAPTURE_FILE = "capture", LIMIT_BYTES = 65536;
var stricter = (a, b) => CAPTURE_MODES.indexOf(a) > CAPTURE_MODES.indexOf(b) ? a : b;
function allowedFor(payload, folder, env) {
  let variable = env.HALL_CAPTURE ? toCaptureMode(env.HALL_CAPTURE) ?? "redacted" : void 0, settings = folder?.startsWith("/") ? readSettings(folder) : void 0;
  if (settings === void 0)
    return { mode: variable ?? "redacted", emails: !1 };
  if (settings === "bad")
    return { mode: stricter(variable ?? "full", "redacted"), emails: !0 };
  let { emails, is_stale } = settings, base = stricter(variable ?? "full", settings.mode), mode = ofProject(base, settings.projects, payload);
  return is_stale ? { mode: stricter(mode, "redacted"), emails: !0 } : { mode, emails };
}
function ofProject(base, projects, payload) {
  if (projects.length === 0)
    return base;
  let cwd = topString(payload, "cwd");
  if (cwd === void 0)
    return projects.reduce((all, [, mode]) => stricter(all, mode), stricter(base, "redacted"));
  let best;
  for (let project of projects) {
    let [path] = project;
    if ((cwd === path || cwd.startsWith(`${path}/`)) && path.length >= (best?.[0].length ?? 0))
      best = project;
  }
  return best?.[1] ?? base;
}
function readSettings(folder) {
  try {
    let path = `${folder}/${CAPTURE_FILE}`, stat = fs4.lstatSync(path, { throwIfNoEntry: !1 });
    if (!stat)
      return;
    let isOurs = process.getuid === void 0 || stat.uid === process.getuid();
    if (!stat.isFile() || !isOurs || stat.size >= LIMIT_BYTES || stat.size < 3)
      return "bad";
    let [head, ...own] = fs4.readFileSync(path, "utf8").split("\x00");
    if (head?.length !== 2 || own.pop() !== "")
      return "bad";
    let config = fs4.lstatSync(`${folder}/config.json`, { throwIfNoEntry: !1 });
    return {
      mode: modeOf(head),
      emails: head[1] === "e",
      projects: own.map((row) => [row.slice(1), modeOf(row)]),
      is_stale: config?.isFile() === !0 && config.mtimeMs > stat.mtimeMs
    };
  } catch {
    return "bad";
  }
}
var modeOf = (letters) => letters[0] === "f" ? "full" : letters[0] === "m" ? "metadata" : "redacted";

// hooks/redact/escapes.ts
var ESCAPE = /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf"'/\\])|%[0-9a-fA-F]{2}/g, SHORT = { n: `
`, r: "\r", t: "\t", b: "\b", f: "\f" };
function unescaped(text) {
  if (!text.includes("\\") && !text.includes("%"))
    return;
  let places = [0], sources = [0], out = "", end = 0;
  ESCAPE.lastIndex = 0;
  for (let match = ESCAPE.exec(text);match; match = ESCAPE.exec(text)) {
    let { 0: found, index } = match;
    out += text.slice(end, index), places.push(out.length, out.length + 1), end = index + found.length, sources.push(index, end), out += characterOf(found);
  }
  if (end === 0)
    return;
  return { text: out + text.slice(end), at: (place) => sourceOf(place, places, sources) };
}
function characterOf(found) {
  if (found[0] === "%")
    return String.fromCharCode(Number.parseInt(found.slice(1), 16));
  let letter = found[1];
  if (found.length > 2)
    return String.fromCharCode(Number.parseInt(found.slice(2), 16));
  return SHORT[letter] ?? letter;
}
function sourceOf(place, places, sources) {
  let low = 0, high = places.length - 1;
  while (low < high) {
    let middle = low + high + 1 >> 1;
    if (places[middle] <= place)
      low = middle;
    else
      high = middle - 1;
  }
  return sources[low] + place - places[low];
}
var BASE64_CHARS = 24, VALUES = new Int8Array(128).fill(-1);
for (let [value, letter] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
].entries())
  VALUES[letter.charCodeAt(0)] = value;
VALUES[45] = 62;
VALUES[95] = 63;
function base64Texts(text) {
  let found = [], before = -1;
  for (let last = BASE64_CHARS - 1;last < text.length; last = before + BASE64_CHARS) {
    let other = last;
    while (other > before && valueAt(text, other) >= 0)
      other--;
    if (other > before) {
      before = other;
      continue;
    }
    let start = before + 1;
    if (before = runEnd(text, start), !isText(text, start))
      continue;
    let decoded = Buffer.from(text.slice(start, before), "base64").toString("latin1");
    found.push({ start, end: before, text: decoded });
  }
  return found;
}
var valueAt = (text, at) => {
  let code = text.charCodeAt(at);
  return code < 128 ? VALUES[code] : -1;
};
function runEnd(text, start) {
  let at = start;
  for (let line = start;; line = at) {
    while (at < text.length && valueAt(text, at) >= 0)
      at++;
    if (!((at - line === 64 || at - line === 76) && text[at] === `
`) || valueAt(text, at + 1) < 0)
      return at;
    at++;
  }
}
function isText(text, start) {
  for (let at = start;at < start + 20; at += 4) {
    let bits = valueAt(text, at) << 18 | valueAt(text, at + 1) << 12 | valueAt(text, at + 2) << 6 | valueAt(text, at + 3);
    for (let byte of [bits >> 16, bits >> 8 & 255, bits & 255])
      if (byte !== 9 && byte !== 10 && byte !== 13 && (byte < 32 || byte > 126))
        return !1;
  }
  return !0;
}

// hooks/redact/heads.ts
var FOLDED = Uint8Array.from({ length: 128 }, (_, code) => code >= 65 && code <= 90 ? code + 32 : code);
function headFinder(groups) {
  let { pairs, thirds, buckets } = tables(groups);
  return (text) => {
    let found = /* @__PURE__ */ new Map, before = 0, pair = 0;
    for (let at = 0;at < text.length; at++) {
      let letter = text.charCodeAt(at) & 127;
      if (pair !== 0) {
        let bucket = thirds[pair | letter];
        if (bucket !== 0)
          addPlaces(found, text, at - 2, buckets[bucket]);
      }
      pair = pairs[before | letter], before = letter << 7;
    }
    return found;
  };
}
function tables(groups) {
  let pairs = new Uint16Array(16384), rows = [new Uint16Array(128)], buckets = [[]];
  for (let [group, heads] of groups.entries())
    for (let head of heads) {
      let codes = Uint8Array.from(head.toLowerCase(), (letter) => letter.charCodeAt(0)), [first, second, third] = [...codes.subarray(0, 3)].map(spellingsOf);
      if (!first || !second || !third)
        throw Error(`"${head}" is too short to look for`);
      let pair = pairs[first[0] * 128 + second[0]] || 128 * (rows.push(new Uint16Array(128)) - 1);
      for (let one of first)
        for (let two of second)
          pairs[one * 128 + two] = pair;
      let row = rows[pair / 128], bucket = row[third[0]] || buckets.push([]) - 1;
      for (let three of third)
        row[three] = bucket;
      buckets[bucket].push({ codes, group });
    }
  let thirds = new Uint16Array(rows.length * 128);
  for (let [i, row] of rows.entries())
    thirds.set(row, i * 128);
  return { pairs, thirds, buckets };
}
var spellingsOf = (code) => [code, ...code >= 97 && code <= 122 ? [code - 32] : []];
function addPlaces(found, text, at, heads) {
  for (let { codes, group } of heads) {
    if (!isAt(text, at, codes))
      continue;
    let known = found.get(group);
    if (!known)
      found.set(group, [at]);
    else if (known.at(-1) !== at)
      known.push(at);
  }
}
function isAt(text, start, codes) {
  if (start + codes.length > text.length)
    return !1;
  for (let i = codes.length - 1;i >= 0; i--) {
    let code = text.charCodeAt(start + i);
    if (code >= 128 || FOLDED[code] !== codes[i])
      return !1;
  }
  return !0;
}

// hooks/redact/ranges.ts
var HEADLESS_CHARS = 40, HEADLESS = PATTERNS.flatMap(({ heads }, group) => heads.length === 0 ? [group] : []), STICKY = PATTERNS.map(({ pattern }) => new RegExp(pattern.source, pattern.flags.replace("g", "y"))), LAYERS = 4;
function createRedactor(more) {
  let headsIn = headFinder([...PATTERNS.map(({ heads }) => heads), ...more ? [more.heads] : []]), isPattern = (group) => group < PATTERNS.length;
  function asSpelled(text, emails, found = headsIn(text)) {
    let ranges = [], groups = [...found.keys(), ...text.length < HEADLESS_CHARS ? [] : HEADLESS];
    for (let group of groups.filter(isPattern).sort((a, b) => a - b)) {
      let places = found.get(group);
      if (places)
        addAtPlaces(ranges, text, group, places);
      else
        addMatches(ranges, text, PATTERNS[group]);
    }
    if (emails && text.includes("@"))
      addMatches(ranges, text, EMAIL);
    return ranges;
  }
  function inBase64(text, emails) {
    return base64Texts(text).filter(({ text: inner }) => asSpelled(inner, emails).length > 0).map(({ start, end }) => ({ start, end, kind: "encoded_secret" }));
  }
  return (text, { emails }) => {
    let found = headsIn(text), ranges = [...asSpelled(text, emails, found), ...inBase64(text, emails)], toSource = (place) => place, spelled = text;
    for (let layer = 0;layer < LAYERS; layer++) {
      let next = unescaped(spelled);
      if (!next)
        break;
      let outer = toSource;
      toSource = (place) => outer(next.at(place)), spelled = next.text;
      for (let { start, end, kind } of [...asSpelled(spelled, emails), ...inBase64(spelled, emails)])
        ranges.push({ start: toSource(start), end: toSource(end), kind });
    }
    let covered = cover(text, ranges);
    return more && found.has(PATTERNS.length) ? cover(covered, more.find(covered)) : covered;
  };
}
function addMatches(ranges, text, pattern) {
  let { pattern: search } = pattern;
  search.lastIndex = 0;
  for (let match = search.exec(text);match; match = search.exec(text))
    if (match[0] === "")
      search.lastIndex++;
    else
      addSecret(ranges, pattern, match);
}
function addAtPlaces(ranges, text, group, places) {
  let pattern = PATTERNS[group], search = STICKY[group], next = 0;
  for (let place of places)
    for (let at = Math.max(next, place - pattern.back);at <= place; at++) {
      next = at + 1, search.lastIndex = at;
      let match = search.exec(text);
      if (!match)
        continue;
      addSecret(ranges, pattern, match), next = at + match[0].length;
      break;
    }
}
function addSecret(ranges, { kind, value }, match) {
  let secret = value === void 0 ? match[0] : value < 0 ? match.slice(1).find(Boolean) : match[value];
  if (!secret || value !== void 0 && isPlaceholder(secret))
    return;
  let start = value === void 0 ? match.index : match.index + match[0].lastIndexOf(secret);
  ranges.push({ start, end: start + secret.length, kind });
}
function cover(text, ranges) {
  if (ranges.length === 0)
    return text;
  ranges.sort((a, b) => a.start - b.start || b.end - a.end);
  let out = "", at = 0;
  for (let { start, end, kind } of ranges) {
    if (start >= at)
      out += `${text.slice(at, start)}[redacted:${kind}]`;
    at = Math.max(at, end);
  }
  return out + text.slice(at);
}

// hooks/redact/protect.ts
function protectPayload(payload, folder, { env, agent, crc32 }) {
  let text = payload.toString("utf8");
  try {
    let { mode, emails } = allowedFor(text, folder, env);
    if (mode === "full")
      return payload;
    let redact = createRedactor(), covered = coverJson(text, (part) => redact(part, { emails: emails || mode === "metadata" }));
    if (mode === "metadata") {
      let prompt = agent === "codex" ? topString(covered, "prompt") : void 0;
      return Buffer.from(withDigest(maskJson(covered), prompt, crc32));
    }
    return covered === text ? payload : Buffer.from(covered);
  } catch {
    return Buffer.from(maskJson(text));
  }
}
function withDigest(masked, prompt, crc32) {
  if (prompt === void 0 || masked[0] !== "{")
    return masked;
  return `{"${DIGEST_FIELD}":"${crc32(digestible(prompt)).toString(16)}",${masked.slice(1)}`;
}

// hooks/stdin.ts
import * as fs5 from "node:fs";
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
    return Number(/ (\d+)\//.exec(fs5.readFileSync("/proc/loadavg", "latin1"))[1]);
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

// hooks/emit.ts
var firedUnixMs = Date.now();
for (let signal of ["SIGTERM", "SIGHUP", "SIGINT"])
  process.on(signal, () => {});
process.umask(63);
var NEWLINE3 = 10, WATCHDOG_MS = 4000, [firstWord, ...moreWords] = process.argv.slice(2), agent = isHookAgent(firstWord) ? firstWord : FIRST_HOOK_AGENT, isToStart = moreWords.includes("start") || firstWord === "SessionStart", { line: LINE, file: FILE } = HOOK_KINDS[agent], isSettled = firstWord === "start";
process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);
main().then(leave, leave);
async function main() {
  if (firstWord === "start")
    return startDaemonOf(spoolHomes(process.env)[0]);
  let id = uuidV7(firedUnixMs), { payload: sent, is_silent } = await readPayload();
  if (sent.length === 0) {
    isSettled = !is_silent && !moreWords.includes("again");
    return;
  }
  let crc32 = await loadCrc32(), data = dataDirectory(process.env)?.replace(/\/+$/, ""), payload = protectPayload(sent, data, { env: process.env, agent, crc32 }), folders = spoolHomes(process.env), folder = folders.find((candidate) => tryRecord(candidate, { id, unix_ms: firedUnixMs, payload }, crc32));
  if (isSettled = folder !== void 0, isToStart && isSettled && folder === folders[0])
    await startDaemonOf(folder);
}
function leave() {
  if (!isSettled)
    countLoss(spoolHomes(process.env));
  process.exit(0);
}
function tryRecord(folder, delivery, crc32) {
  try {
    let spool = openSpool(folder), { payload } = delivery;
    if (payload.length > SPOOL_INLINE_LIMIT_BYTES || payload.includes(NEWLINE3))
      recordBeside(spool, delivery, crc32);
    else
      appendRecord(spool, delivery, { kind: LINE, body: payload }, crc32);
    return !0;
  } catch {
    return !1;
  }
}
function recordBeside(spool, delivery, crc32) {
  let name = `${delivery.id}.json`, temporary = `${spool}/big/${delivery.id}.tmp`;
  ensurePrivate(`${spool}/big`);
  try {
    let fd = fs6.openSync(temporary, "wx", 384);
    try {
      for (let at = 0;at < delivery.payload.length; )
        at += fs6.writeSync(fd, delivery.payload, at);
    } finally {
      fs6.closeSync(fd);
    }
    fs6.renameSync(temporary, `${spool}/big/${name}`), appendRecord(spool, delivery, { kind: FILE, body: Buffer.from(name) }, crc32);
  } catch (cause) {
    throw fs6.rmSync(temporary, { force: !0 }), fs6.rmSync(`${spool}/big/${name}`, { force: !0 }), cause;
  }
}
function countLoss(folders) {
  for (let folder of folders)
    try {
      appendOnce(`${openSpool(folder)}/${LOST_FILE}`, Buffer.from("."));
      return;
    } catch {}
}
async function startDaemonOf(folder) {
  if (folder === void 0)
    return;
  ensurePrivate(folder), await startDaemon(folder, (process.argv[1] ?? "").replace(/[\\/]hooks[\\/][^\\/]*$/, ""));
}
