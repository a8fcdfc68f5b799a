import { createHash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readRegular } from "../../hooks/regular.ts";
import { ensurePrivateFolder } from "../../store/database.ts";

/** The original of a changed settings file, so that it can be restored byte by byte. */
const Installation = z.object({
  path: z.string(),
  way: z.enum(["settings", "plugin", "otel", "codex"]),
  /** Null if there was no file. */
  original_base64: z.string().nullable(),
  installed_sha256: z.string(),
});
export type Installation = {
  path: string;
  way: "settings" | "plugin" | "otel" | "codex";
  original: Buffer | null;
  installed_sha256: string;
};

export function sha256(bytes: Buffer | null): string {
  return bytes === null ? "" : createHash("sha256").update(bytes).digest("hex");
}

/** Records live in the data directory, one per settings file and way. */
export function installations(dataDir: string) {
  const folder = join(dataDir, "install");
  const fileOf = (path: string, way: Installation["way"]) =>
    join(folder, `${way}-${sha256(Buffer.from(path)).slice(0, 16)}.json`);
  return {
    load(path: string, way: Installation["way"]): Installation | undefined {
      try {
        const found = Installation.parse(JSON.parse(readRegular(fileOf(path, way), "own").toString("utf8")));
        const { original_base64, ...rest } = found;
        return {
          ...rest,
          original: original_base64 === null ? null : Buffer.from(original_base64, "base64"),
        };
      } catch {
        return undefined;
      }
    },
    save({ original, ...rest }: Installation): void {
      ensurePrivateFolder(dataDir);
      ensurePrivateFolder(folder);
      const path = fileOf(rest.path, rest.way);
      const record = { ...rest, original_base64: original?.toString("base64") ?? null };
      writeFileSync(`${path}.tmp`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    },
    forget: (path: string, way: Installation["way"]): void => rmSync(fileOf(path, way), { force: true }),
  };
}
