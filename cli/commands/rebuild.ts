import { refuseBesideDaemon } from "../alone.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { agreed, counted } from "../format.ts";
import { out, printJson, toPlain } from "../print.ts";

export const rebuild: Command = {
  options: { json: JSON_OPTION },
  more: "The old database is kept as hall.db.corrupt-<time>. Stop the daemon first.",
  async run({ values, config }) {
    const settings = config();
    await refuseBesideDaemon(settings.data_dir);
    const { rebuildDatabase } = await import("../rebuild.ts");
    const result = await rebuildDatabase(settings);
    if (flag(values, "json")) {
      printJson(result);
      return 0;
    }
    const { archive, sources, stored, moved_to } = result;
    if (moved_to !== null) out(`kept      ${toPlain(moved_to)}`);
    out(
      `archive   ${counted(archive.requests, "request")} and ${counted(archive.events, "event")} from ${counted(archive.files, "file")}`,
    );
    if (archive.damaged_lines > 0)
      out(
        `          ${counted(archive.damaged_lines, "line")} ${agreed(archive.damaged_lines, "was", "were")} damaged and left out`,
      );
    if (archive.gaps > 0) out(`          lines are missing in ${counted(archive.gaps, "place")}`);
    for (const place of archive.untrusted) out(`            ${toPlain(place)}`);
    if (archive.unverified_lines > 0)
      out(
        `          ${counted(archive.unverified_lines, "line")} from an earlier version without a checksum, used unverified`,
      );
    for (const path of archive.damaged_files)
      out(`          ${toPlain(path)} is damaged; its readable part was used`);
    out(
      `sources   ${counted(sources.requests, "request")} and ${counted(sources.events, "event")} more from ${counted(sources.files, "file")}`,
    );
    out(
      `stored    ${counted(stored.sessions, "session")}, ${counted(stored.requests, "request")}, ${counted(stored.events, "event")}`,
    );
    return 0;
  },
};
