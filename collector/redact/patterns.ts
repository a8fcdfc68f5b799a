/**
 * Secrets by their form, in addition to the rule set of the library: each kind that a vendor documents or marks by a
 * prefix. `value` is the group to cover; the whole match where there is none.
 */
export type Pattern = { kind: string; pattern: RegExp; value?: number };

const of = (kind: string, pattern: RegExp, value?: number): Pattern =>
  value === undefined ? { kind, pattern } : { kind, pattern, value };

/** No letter, digit or `_` before: a prefix within a longer word is none. */
const START = "(?<![A-Za-z0-9_])";
const prefixed = (kind: string, form: string) => of(kind, new RegExp(`${START}(?:${form})`, "g"));

/** Names that a secret is assigned to, in code, configuration, shells and JSON. */
const NAMES =
  "pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|api[_-]?key|apikey|access[_-]?key|account[_-]?key|" +
  "secret[_-]?key|private[_-]?key|encryption[_-]?key|signing[_-]?key|master[_-]?key|auth[_-]?key|license[_-]?key|" +
  "client[_-]?secret|auth(?:orization)?[_-]?token|access[_-]?token|refresh[_-]?token|session[_-]?(?:token|secret|id)|" +
  "shared[_-]?access[_-]?key|webhook[_-]?secret|connection[_-]?string";

export const PATTERNS: readonly Pattern[] = [
  of(
    "private_key",
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  ),
  prefixed("age_key", "AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
  prefixed("putty_key", "PuTTY-User-Key-File-\\d:[\\s\\S]*?Private-MAC: [0-9a-f]+"),
  prefixed("aws_access_key_id", "(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}(?![A-Z0-9])"),
  prefixed("google_api_key", "AIza[0-9A-Za-z_-]{30,}"),
  prefixed("google_oauth", "(?:GOCSPX-[0-9A-Za-z_-]{20,}|ya29\\.[0-9A-Za-z_-]{20,})"),
  prefixed("anthropic_key", "sk-ant-[A-Za-z0-9_-]{6,}"),
  prefixed("openai_key", "sk-(?:proj-|svcacct-|admin-|or-v1-)?[A-Za-z0-9_-]{20,}"),
  prefixed("github_token", "(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
  prefixed(
    "gitlab_token",
    "(?:gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{16,}|GR1348941[A-Za-z0-9_-]{16,})",
  ),
  prefixed("bitbucket_token", "(?:ATBB|ATCTT3|ATATT3)[A-Za-z0-9_=-]{20,}"),
  prefixed("slack_token", "xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-\\d-[A-Za-z0-9-]{10,}"),
  of("slack_webhook", /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9_/+-]{20,}/g),
  of("discord_webhook", /discord(?:app)?\.com\/api\/webhooks\/\d{15,}\/[A-Za-z0-9_-]{30,}/g),
  of("teams_webhook", /(?<![a-z0-9-])[a-z0-9-]{1,60}\.webhook\.office\.com\/webhookb2\/[A-Za-z0-9@/-]{30,}/g),
  prefixed("stripe_key", "(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,})"),
  prefixed("square_token", "(?:sq0(?:atp|csp)-[A-Za-z0-9_-]{20,}|EAAA[A-Za-z0-9_-]{50,})"),
  prefixed("paypal_token", "access_token\\$(?:production|sandbox)\\$[a-z0-9]{10,}\\$[a-f0-9]{20,}"),
  prefixed("shopify_token", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{20,}"),
  prefixed("twilio_key", "(?:SK|AC)[0-9a-f]{32}(?![0-9a-f])"),
  prefixed("sendgrid_key", "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}"),
  prefixed("mailgun_key", "key-[0-9a-f]{32}(?![0-9a-f])"),
  prefixed("mailchimp_key", "[0-9a-f]{32}-us\\d{1,2}(?!\\d)"),
  prefixed("brevo_key", "xkeysib-[a-f0-9]{40,}-[A-Za-z0-9]{8,}"),
  prefixed("npm_token", "npm_[A-Za-z0-9]{30,}"),
  prefixed("pypi_token", "pypi-[A-Za-z0-9_-]{30,}"),
  prefixed("rubygems_key", "rubygems_[a-f0-9]{40,}"),
  prefixed("crates_token", "cio[A-Za-z0-9]{32}(?![A-Za-z0-9])"),
  prefixed("docker_token", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
  prefixed("huggingface_token", "(?:hf_|api_org_)[A-Za-z0-9]{30,}"),
  prefixed("groq_key", "gsk_[A-Za-z0-9]{30,}"),
  prefixed("xai_key", "xai-[A-Za-z0-9]{30,}"),
  prefixed("perplexity_key", "pplx-[A-Za-z0-9]{30,}"),
  prefixed("replicate_token", "r8_[A-Za-z0-9]{30,}"),
  prefixed("fireworks_key", "fw_[A-Za-z0-9]{20,}"),
  prefixed("nvidia_key", "nvapi-[A-Za-z0-9_-]{30,}"),
  prefixed("tavily_key", "tvly-[A-Za-z0-9-]{20,}"),
  prefixed("langsmith_key", "lsv2_(?:pt|sk)_[a-f0-9]{20,}(?:_[a-f0-9]+)?"),
  prefixed("databricks_token", "dapi[0-9a-f]{32}(?:-\\d)?"),
  prefixed("linear_key", "lin_(?:api|oauth)_[A-Za-z0-9]{30,}"),
  prefixed("notion_token", "(?:ntn_[A-Za-z0-9]{30,}|secret_[A-Za-z0-9]{40,})"),
  prefixed("figma_token", "figd_[A-Za-z0-9_-]{30,}"),
  prefixed("airtable_token", "pat[A-Za-z0-9]{14}\\.[a-f0-9]{40,}"),
  prefixed("asana_token", "[12]/\\d{10,}(?:/\\d{10,})?:[a-f0-9]{32}"),
  prefixed("vercel_token", "(?:vc[piakr]_[A-Za-z0-9]{20,}|vercel_blob_rw_[A-Za-z0-9_]{20,})"),
  prefixed("netlify_token", "nf[pcoub]_[A-Za-z0-9]{30,}"),
  prefixed("digitalocean_token", "do[opr]_v1_[a-f0-9]{40,}"),
  prefixed("fly_token", "(?:FlyV1 )?fm[12][arp]?_[A-Za-z0-9+/=,_-]{30,}"),
  prefixed("heroku_key", "HRKU-[A-Za-z0-9_-]{30,}"),
  prefixed("supabase_key", "(?:sbp_[a-f0-9]{30,}|sb_secret_[A-Za-z0-9_-]{20,})"),
  prefixed("planetscale_token", "pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{30,}"),
  prefixed("grafana_token", "gl(?:sa|c)_[A-Za-z0-9_+/=-]{30,}"),
  prefixed("newrelic_key", "NR(?:AK|JS|II|IQ|RA)-[A-Za-z0-9_-]{16,}"),
  prefixed("sentry_token", "sntry[su]_[A-Za-z0-9_+/=.-]{30,}"),
  prefixed("dynatrace_token", "dt0[a-z]\\d{2}\\.[A-Z0-9]{20,}\\.[A-Z0-9]{40,}"),
  prefixed("postman_key", "PMAK-[a-f0-9]{20,}-[a-f0-9]{30,}"),
  prefixed("terraform_token", "[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{40,}"),
  prefixed("vault_token", "hv[sbr]\\.[A-Za-z0-9_-]{20,}"),
  prefixed("doppler_token", "dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9_.-]{30,}"),
  prefixed("onepassword_token", "ops_eyJ[A-Za-z0-9_-]{30,}"),
  prefixed("pulumi_token", "pul-[a-f0-9]{40}"),
  prefixed("snyk_token", "snyk_(?:uat|sat)\\.[A-Za-z0-9._-]{20,}"),
  prefixed("sonar_token", "sq[pua]_[a-f0-9]{40}"),
  prefixed("artifactory_token", "(?:AKC[A-Za-z0-9]{30,}|cmVmdGtuO[A-Za-z0-9+/=]{30,})"),
  prefixed("alibaba_key", "LTAI[A-Za-z0-9]{12,}"),
  prefixed("tencent_key", "AKID[A-Za-z0-9]{28,}"),
  prefixed("telegram_token", "\\d{8,10}:AA[A-Za-z0-9_-]{32,}"),
  prefixed("discord_token", "[MNO][A-Za-z\\d]{22,}\\.[\\w-]{6}\\.[\\w-]{27,}"),
  prefixed("facebook_token", "EAA[A-Za-z0-9]{60,}"),
  prefixed("okta_token", "SSWS [A-Za-z0-9_-]{30,}"),
  prefixed("jwt", "eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*"),
  of("azure_key", /(?:AccountKey|SharedAccessKey|SharedSecretKey)=([A-Za-z0-9+/=]{20,})/gi, 1),
  of("azure_signature", /[?&]sig=([A-Za-z0-9%+/=]{20,})/g, 1),
  of(
    "signed_url",
    /[?&]X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)=([A-Za-z0-9%/+=_-]{10,})/gi,
    1,
  ),
  of(
    "authorization",
    /\bauthorization["']?\s*[:=]\s*["']?(?:(?:bearer|basic|token|digest|apikey)\s+)?([^\s"',;]{8,})/gi,
    1,
  ),
  of("bearer", /\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{12,})/gi, 1),
  of("cookie", /\b(?:set-)?cookie["']?\s*[:=]\s*["']?([^\r\n"']{8,})/gi, 1),
  of("url_password", /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`]*:([^\s/@"'`]{1,200})@/gi, 1),
  of("netrc", /\bmachine\s+\S+\s+login\s+\S+\s+password\s+(\S+)/gi, 1),
  of("curl_user", /\bcurl\b[^\n|;&]{0,300}?\s(?:-u|--user)[\s=]+["']?[^\s:"']+:([^\s"']+)/g, 1),
  of(
    "password_option",
    /(?<!\w)--?(?:password|passwd|pass|token|secret|api-key|apikey)(?:=|\s+)["']?([^\s"'-][^\s"']{3,})/gi,
    1,
  ),
  of("mysql_password", /\bmysql(?:dump|admin)?\b[^\n|;&]{0,200}?\s-p([^\s"']{4,})/g, 1),
  of("sshpass", /\bsshpass\s+-p\s*["']?([^\s"']+)/g, 1),
  of(
    "assigned_secret",
    new RegExp(
      `(?:${NAMES})\\\\?["'\`]?\\]?\\s*(?:=>|:=|[:=])\\s*(?:\\\\"([^"\\\\\\n]{4,})\\\\"|"((?:[^"\\\\\\n]|\\\\.){4,})"|'((?:[^'\\\\\\n]|\\\\.){4,})'|([^\\s"',;<>(){}\\[\\]$|&]{6,}))`,
      "gi",
    ),
    -1,
  ),
];

export const EMAIL = of("email", /(?<![\w.+-])[\w.+-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}(?![\w-])/gi);

/** Whoever reads a value that is plainly none learns more from it than from a cover. */
const NO_SECRET =
  /^(?:true|false|null|none|undefined|required|optional|string|number|boolean|redacted|\*+|x{3,}|\.{3,}|process\.env|os\.environ|env\.|import\.meta)|^\[redacted/i;

export const isPlaceholder = (value: string): boolean => NO_SECRET.test(value);
