import { readRegular } from "../hooks/regular.ts";
import { AppError } from "../schema/errors.ts";

/** What `config.json` holds, unchecked; `{}` without the file. Each part is checked by who reads it. */
export function readConfigFile(path: string): unknown {
  let text: string;
  try {
    text = readRegular(path, "theirs").toString("utf8");
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return {};
    throw new AppError("settings_unreadable", `Cannot read ${path}`, {
      hint: "check its permissions",
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad_config", `${path} is not JSON`, {
      hint: "correct the file or move it away",
      cause,
    });
  }
}
