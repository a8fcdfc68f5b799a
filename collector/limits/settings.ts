import { existsSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import * as z from "zod";
import { AppError } from "../../schema/errors.ts";
import { isAlias } from "./reading.ts";

const SECOND = 1000;
const cadence = z.int().min(SECOND).max(86_400_000);
const Account = z.strictObject({
  alias: z.string().refine(isAlias, "an alias of your own: letters, digits, - and _, no address and no id"),
  codex_home: z.string().refine(isAbsolute, "an absolute path"),
  cadence_ms: cadence.optional(),
});

/** `limits` in config.json. */
const Limits = z.strictObject({
  cadence_ms: cadence.optional(),
  mode: z.enum(["parallel", "sequential"]).default("parallel"),
  claude_status_path: z.string().optional(),
  claude_cadence_ms: cadence.optional(),
  codex_status_path: z.string().optional(),
  codex_cadence_ms: cadence.optional(),
  codex_app_server: z.boolean().optional(),
  codex_program: z.string().min(1).default("codex"),
  codex_accounts: z
    .array(Account)
    .max(20)
    .refine((list) => new Set(list.map((a) => a.alias)).size === list.length, "each alias once")
    .default([]),
});
export type Limits = z.infer<typeof Limits>;

export function readLimits(path: string): Limits {
  const bad = (message: string, cause?: unknown) =>
    new AppError("bad_config", `${path}: ${message}`, { hint: "correct `limits` in the file", cause });
  let config: unknown = {};
  if (existsSync(path))
    try {
      config = JSON.parse(readFileSync(path, "utf8"));
    } catch (cause) {
      throw bad("not JSON", cause);
    }
  const read = z.looseObject({ limits: Limits.optional() }).safeParse(config);
  if (!read.success) throw bad(z.prettifyError(read.error), read.error);
  return read.data.limits ?? Limits.parse({});
}
