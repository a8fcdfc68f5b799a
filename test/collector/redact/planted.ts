import { createRandom } from "../../bench/random.ts";

/** Invented secrets of the forms that vendors document, generated from a seed: none has ever opened anything. */
export type Planted = { kind: string; secret: string };

const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
const DIGITS = "0123456789";
const ALNUM = LOWER + UPPER + DIGITS;
const HEX = "0123456789abcdef";
const BASE32 = `${UPPER}234567`;

export function plantedSecrets(seed: number, perKind: number): Planted[] {
  const random = createRandom(seed).next;
  const of = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join("");
  const base64url = (length: number) => of(`${ALNUM}-_`, length - 1) + of(ALNUM, 1);
  const forms: Record<string, () => string> = {
    aws_access_key_id: () => `AKIA${of(BASE32, 16)}`,
    aws_secret: () => `aws_secret_access_key = ${of(`${ALNUM}/+`, 40)}`,
    anthropic: () => `sk-ant-api03-${base64url(93)}AA`,
    openai: () => `sk-proj-${base64url(60)}T3BlbkFJ${base64url(60)}`,
    openai_old: () => `sk-${of(ALNUM, 48)}`,
    github: () => `ghp_${of(ALNUM, 36)}`,
    github_fine: () => `github_pat_${of(ALNUM, 22)}_${of(ALNUM, 59)}`,
    gitlab: () => `glpat-${base64url(20)}`,
    slack: () => `xoxb-${of(DIGITS, 12)}-${of(DIGITS, 12)}-${of(ALNUM, 24)}`,
    slack_webhook: () =>
      `https://hooks.slack.com/services/T${of(UPPER, 8)}/B${of(UPPER, 8)}/${of(ALNUM, 24)}`,
    stripe: () => `sk_live_${of(ALNUM, 24)}`,
    stripe_hook: () => `whsec_${of(ALNUM, 32)}`,
    google_api: () => `AIza${base64url(35)}`,
    google_oauth: () => `GOCSPX-${base64url(28)}`,
    twilio: () => `SK${of(HEX, 32)}`,
    sendgrid: () => `SG.${base64url(22)}.${base64url(43)}`,
    mailchimp: () => `${of(HEX, 32)}-us12`,
    npm: () => `npm_${of(ALNUM, 36)}`,
    pypi: () => `pypi-AgEIcHlwaS5vcmc${base64url(70)}`,
    docker: () => `dckr_pat_${base64url(27)}`,
    huggingface: () => `hf_${of(LOWER + UPPER, 34)}`,
    groq: () => `gsk_${of(ALNUM, 52)}`,
    databricks: () => `dapi${of(HEX, 32)}`,
    linear: () => `lin_api_${of(ALNUM, 40)}`,
    notion: () => `ntn_${of(DIGITS, 11)}${of(ALNUM, 35)}`,
    figma: () => `figd_${base64url(40)}`,
    shopify: () => `shpat_${of(HEX, 32)}`,
    grafana: () => `glsa_${of(ALNUM, 32)}_${of(HEX, 8)}`,
    digitalocean: () => `dop_v1_${of(HEX, 64)}`,
    vault: () => `hvs.${base64url(90)}`,
    doppler: () => `dp.pt.${of(ALNUM, 43)}`,
    telegram: () => `${of("123456789", 10)}:AA${base64url(33)}`,
    jwt: () => `eyJ${base64url(17)}.eyJ${base64url(40)}.${base64url(43)}`,
    private_key: () =>
      `-----BEGIN RSA PRIVATE KEY-----\n${of(ALNUM, 64)}\n${of(ALNUM, 64)}\n-----END RSA PRIVATE KEY-----`,
    openssh_key: () =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${of(ALNUM, 70)}\n-----END OPENSSH PRIVATE KEY-----`,
    age: () => `AGE-SECRET-KEY-1${of(UPPER + DIGITS, 58)}`,
    postgres: () => `postgres://app:${of(ALNUM, 14)}@db.example.com:5432/shop`,
    mongodb: () => `mongodb+srv://root:${of(ALNUM, 16)}@cluster0.example.net/?retryWrites=true`,
    redis: () => `redis://:${of(ALNUM, 20)}@cache.example.com:6379/0`,
    azure: () =>
      `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${of(`${ALNUM}+/`, 86)}==;EndpointSuffix=core.windows.net`,
    sql_server: () => `Server=tcp:shop.example.com;User ID=sa;Password=${of(ALNUM, 12)}!;Encrypt=True`,
    password: () => `password: "${of(`${ALNUM}!#%`, 16)}"`,
    env_token: () => `export DEPLOY_TOKEN=${of(ALNUM, 32)}`,
    bearer: () => `Authorization: Bearer ${base64url(40)}`,
    basic: () => `curl -u deploy:${of(ALNUM, 14)} https://example.com/hook`,
  };
  return Object.entries(forms).flatMap(([kind, make]) =>
    Array.from({ length: perKind }, () => ({ kind, secret: make() })),
  );
}

/** What of a planted secret must be found nowhere: its longest run of characters that cannot be guessed. */
export function core({ secret }: Planted): string {
  const value =
    /(?:Key=|secret_access_key = |Password=|: "|TOKEN=|Bearer |-u deploy:)([^";\s]+)/.exec(secret)?.[1] ??
    /:\/\/[^:]*:([^@]+)@/.exec(secret)?.[1] ??
    /KEY-----\n([\s\S]*?)\n-----END/.exec(secret)?.[1]?.split("\n")[0] ??
    /services\/(.+)$/.exec(secret)?.[1];
  return (value ?? secret).slice(-12);
}

/** As it comes up in prompts, commands, files, logs and JSON. */
export const CONTEXTS: readonly ((secret: string) => string)[] = [
  (s) => s,
  (s) => `please use ${s} for the deploy and carry on`,
  (s) => `{"env": ${JSON.stringify(s)}, "n": 1}`,
  (s) => `API=${s}\nPORT=3000\n`,
  (s) => `const client = new Client('${s}'); // staging`,
];
