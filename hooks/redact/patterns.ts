/**
 * Secrets by their form: each kind that a vendor documents or marks by a prefix. The one description of them: the
 * scripts and the daemon run these expressions, and `bun run build:hook` prints them as the native carrier's tables.
 * `value` is the group to cover, -1 the first that took part; the whole match where there is none. Each match holds one
 * of the `heads`, in whatever case, and begins at most `back` characters before it; a pattern without heads is tried
 * on every text.
 */
export type Pattern = {
  kind: string;
  pattern: RegExp;
  heads: readonly string[];
  back: number;
  value?: number;
};

const of = (kind: string, heads: string, pattern: RegExp, value?: number, back = 0): Pattern => {
  const all = { kind, pattern, heads: heads.split(" ").filter(Boolean), back };
  return value === undefined ? all : { ...all, value };
};
const HEX = [..."0123456789abcdef"];

/** Not preceded by a letter, digit or `_`: a prefix within a longer word does not count. */
const START = "(?<![A-Za-z0-9_])";
const prefixed = (kind: string, heads: string, form: string, back = 0) =>
  of(kind, heads, new RegExp(`${START}(?:${form})`, "g"), undefined, back);

/** Names that a secret is assigned to, in code, configuration, shells and JSON; more words before them do not matter. */
const KEYS = "api|access|account|private|encryption|signing|master|auth|license";
const WORDS = "pass(?:word|wd|phrase)?|pwd|secret(?:[_-]?key)?|token|credentials?";
const NAMES = `${WORDS}|(?:${KEYS})[_-]?key|session[_-]?id|connection[_-]?string`;
/** A suffix of a name: the second of several, or its environment. */
const SUFFIX =
  "(?:[_-]?\\d{1,6}|[_-](?:prod|production|live|dev|test|staging|old|new|primary|secondary|base64|b64))?";
const joined = (first: string, last: string) => ["", "_", "-"].map((by) => first + by + last);
const NAME_HEADS = [
  "pass pwd secret token credential",
  ...KEYS.split("|").flatMap((word) => joined(word, "key")),
  ...joined("session", "id"),
  ...joined("connection", "string"),
].join(" ");

export const PATTERNS: readonly Pattern[] = [
  of(
    "private_key",
    "-----begin",
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  ),
  prefixed("age_key", "age-secret-key-1", "AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
  prefixed(
    "putty_key",
    "putty-user-key-file-",
    "PuTTY-User-Key-File-\\d:[\\s\\S]{0,20000}?Private-MAC: [0-9a-f]+",
  ),
  prefixed(
    "aws_access_key_id",
    "a3t akia asia abia acca aroa aida agpa aipa anpa anva",
    "(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|AIPA|ANPA|ANVA)[A-Z0-9]{16}(?![A-Z0-9])",
  ),
  prefixed("google_api_key", "aiza", "AIza[0-9A-Za-z_-]{30,}"),
  prefixed("google_oauth", "gocspx- ya29.", "(?:GOCSPX-[0-9A-Za-z_-]{20,}|ya29\\.[0-9A-Za-z_-]{20,})"),
  prefixed("anthropic_key", "sk-ant-", "sk-ant-[A-Za-z0-9_-]{6,}"),
  prefixed("openai_key", "sk-", "sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,}"),
  prefixed(
    "github_token",
    "gho_ ghp_ ghr_ ghs_ ghu_ github_pat_",
    "(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})",
  ),
  prefixed(
    "gitlab_token",
    "glpat- gloas- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- glffct- gr1348941",
    "(?:gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{16,}|GR1348941[A-Za-z0-9_-]{16,})",
  ),
  prefixed("bitbucket_token", "atbb atctt3 atatt3", "(?:ATBB|ATCTT3|ATATT3)[A-Za-z0-9_=-]{20,}"),
  prefixed("slack_token", "xox xapp-", "xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-\\d-[A-Za-z0-9-]{10,}"),
  of(
    "slack_webhook",
    "hooks.slack.com/",
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/+-]{20,}/g,
  ),
  of(
    "discord_webhook",
    "/api/webhooks/",
    /discord(?:app)?\.com\/api\/webhooks\/\d{15,}\/[A-Za-z0-9_-]{30,}/g,
    undefined,
    14,
  ),
  of(
    "teams_webhook",
    ".webhook.office.com/",
    /(?<![a-z0-9-])[a-z0-9-]{1,60}\.webhook\.office\.com\/webhookb2\/[A-Za-z0-9@/-]{30,}/g,
    undefined,
    60,
  ),
  prefixed(
    "stripe_key",
    "sk_live_ sk_test_ rk_live_ rk_test_ whsec_",
    "(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,})",
  ),
  prefixed(
    "square_token",
    "sq0atp- sq0csp- eaaa",
    "(?:sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}|EAAA[A-Za-z0-9_-]{50,})",
  ),
  prefixed(
    "paypal_token",
    "access_token$",
    "access_token\\$(?:production|sandbox)\\$[a-z0-9]{10,}\\$[a-f0-9]{20,}",
  ),
  prefixed("shopify_token", "shpat_ shpca_ shppa_ shpss_", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{20,}"),
  prefixed(
    "twilio_key",
    HEX.map((digit) => `sk${digit} ac${digit}`).join(" "),
    "(?:SK|AC)[0-9a-f]{32}(?![0-9a-f])",
  ),
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
  prefixed(
    "asana_token",
    HEX.slice(0, 10)
      .map((digit) => `1/${digit} 2/${digit}`)
      .join(" "),
    "[12]/\\d{10,}(?:/\\d{10,})?:[a-f0-9]{32}",
  ),
  prefixed(
    "vercel_token",
    "vcp_ vci_ vca_ vcr_ vck_ vercel_blob_rw_",
    "(?:vc[piakr]_[A-Za-z0-9]{20,}|vercel_blob_rw_[A-Za-z0-9_]{20,})",
  ),
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
  of(
    "azure_key",
    "accountkey= sharedaccesskey= sharedsecretkey=",
    /(?:AccountKey|SharedAccessKey|SharedSecretKey)=([A-Za-z0-9+/=]{20,})/gi,
    1,
  ),
  of("azure_signature", "sig=", /[?&]sig=([A-Za-z0-9%+/=]{20,})/g, 1, 1),
  of(
    "signed_url",
    "x-amz- x-goog-",
    /[?&]X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)=([A-Za-z0-9%/+=_-]{10,})/gi,
    1,
    1,
  ),
  of(
    "authorization",
    "authorization",
    /\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|apikey)\s+)?([^\s"',;]{8,})/gi,
    1,
  ),
  of("bearer", "bearer basic", /\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{12,})/gi, 1),
  of("cookie", "cookie", /\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\r\n"']{8,})/gi, 1, 4),
  of("url_password", "://", /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`]*:([^\s/@"'`]{1,200})@/gi, 1, 21),
  of("url_user_token", "://", /:\/\/([^\s/:@?#"'`]{16,200})(?::x-oauth-basic)?@/gi, 1),
  of("netrc", "machine", /\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S+)/gi, 1),
  of("curl_user", "curl", /\bcurl\b[^\n|;&]{0,300}?\s(?:-u|--user)[\s=]+["']?[^\s:"']+:([^\s"']+)/g, 1),
  of(
    "password_option",
    "-pass -token -secret -api-key -apikey",
    /(?<!\w)--?(?:password|passwd|pass|token|secret|api-key|apikey)(?:=|\s+)["']?([^\s"'-][^\s"']{3,})/gi,
    1,
    1,
  ),
  of("mysql_password", "mysql", /\bmysql(?:dump|admin)?\b[^\n|;&]{0,200}?\s-p([^\s"']{4,})/g, 1),
  of("sshpass", "sshpass", /\bsshpass\s+-p\s*["']?([^\s"']+)/g, 1),
  of(
    "aws_account_id",
    "account",
    /\baws[_ -]?account[_ -]?(?:id)?["']?\s*(?:=>|:=|[:=])\s*["']?(\d{4}-?\d{4}-?\d{4})(?!\d)/gi,
    1,
    4,
  ),
  of(
    "assigned_secret",
    NAME_HEADS,
    new RegExp(
      `(?:${NAMES})${SUFFIX}\\\\?["'\`]?\\]?\\s*(?:=>|:=|[:=])\\s*(?:\\\\"([^"\\\\\\n]{4,})\\\\"|"((?:[^"\\\\\\n]|\\\\.){4,})"|'((?:[^'\\\\\\n]|\\\\.){4,})'|([^\\s"',;<>(){}\\[\\]$|&]{6,}))`,
      "gi",
    ),
    -1,
  ),
];

export const EMAIL = of(
  "email",
  "",
  /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}(?![\w-])/gi,
  undefined,
  64,
);

/** Values that are plainly not secrets: showing them is more useful than redacting them. Matched at the start of a value. */
export const PLACEHOLDER =
  /(?:true|false|null|none|undefined|required|optional|string|number|boolean|redacted|\*+|x{3,}|\.{3,})(?![^\s;,.)])|process\.env|os\.environ|env\.|import\.meta|\[redacted/iy;

export function isPlaceholder(value: string): boolean {
  PLACEHOLDER.lastIndex = 0;
  return PLACEHOLDER.test(value);
}

/** The name of a field that holds a secret whatever its value looks like; tried at each place of a name. */
export const SECRET_NAME = new RegExp(
  `(?:(?:${WORDS}|(?:${KEYS})[_-]?key|connection[_-]?string)${SUFFIX}|passwords|secrets|authorization|cookie)$`,
  "i",
);

/** Literals that the library's rules require, as one pattern. */
export const LIBRARY_HEADS = (
  "a3t akia agpa aida aroa aipa anpa anva asia account secret -----begin private_key x-oauth-basic _authtoken npm_ " +
  "xox xapp hooks.slack.com/ :// sk- gsk_ hf_ lin_api_ ntn_ sg. shppa_ shpca_ shpat_ shpss_ gho_ ghp_ ghr_ ghs_ ghu_ " +
  "github_pat_ glpat- glc_ glsa_ ops_ hvs. hvb. hvr. vcp_ vci_ vca_ vcr_ vck_ dapi dckr_ figd_"
).split(" ");
