import { isAbsolute } from "node:path";
import * as z from "zod";
import { readConfigPart } from "../../store/config-faults.ts";
import { isAlias } from "./reading.ts";

const SECOND = 1000;
const cadence = z.int().min(SECOND).max(86_400_000);
const Account = z.strictObject({
  alias: z
    .string()
    .refine(isAlias, "must be letters, digits, - and _; not an address or an id")
    .describe("your own name for the account"),
  codex_home: z
    .string()
    .refine(isAbsolute, "must be an absolute path")
    .describe("its Codex folder, with its own login"),
  cadence_ms: cadence.describe("how often this account is polled").optional(),
  stream: z.boolean().describe("keep an app-server of this account running").default(false),
});

/** `limits` in config.json. */
export const LimitsFile = z.strictObject({
  cadence_ms: cadence.describe("how often each source is polled").optional(),
  mode: z
    .enum(["parallel", "sequential"])
    .describe("poll sources in parallel or one after the other")
    .default("parallel"),
  claude_status_path: z.string().describe("the same as CLAUDE_STATUS_PATH").optional(),
  claude_cadence_ms: cadence.describe("how often that program is polled").optional(),
  codex_status_path: z.string().describe("the same as CODEX_STATUS_PATH").optional(),
  codex_cadence_ms: cadence.describe("how often that program is polled").optional(),
  codex_app_server: z.boolean().describe("the same as HALL_CODEX_APP_SERVER").optional(),
  codex_program: z.string().min(1).describe("the client to run").default("codex"),
  /** Further accounts, each with a folder and a login of its own. */
  codex_accounts: z
    .array(Account)
    .max(20)
    .refine((list) => new Set(list.map((a) => a.alias)).size === list.length, "each alias must be unique")
    .default([]),
});
export type Limits = z.infer<typeof LimitsFile>;

const File = z.looseObject({ limits: LimitsFile.optional() });

export function readLimits(path: string): Limits {
  return readConfigPart(path, File).limits ?? LimitsFile.parse({});
}
