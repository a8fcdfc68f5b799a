import { closeSync, openSync, writeSync } from "node:fs";
import { openReader } from "../../store/database.ts";
import { type Call, choice, flag, text } from "../command.ts";
import { counted } from "../format.ts";
import { createLocalApp } from "../local-app.ts";
import { timeZone } from "../moment.ts";
import { complain, out, toSafeJson } from "../print.ts";
import { requireSession } from "../session-id.ts";
import { transcriptItems } from "./pages.ts";
import { FORMATS, renderer } from "./render.ts";

/** `session ID --transcript`: the conversation, on the terminal or into a file. */
export async function showTranscript({ values, config }: Call, given: string): Promise<number> {
  const settings = config();
  const format = choice(values, "format", FORMATS) ?? "text";
  const file = text(values, "output");
  const db = openReader(settings.data_dir);
  try {
    const id = requireSession(db, given);
    const app = createLocalApp(db, settings);
    const session = await app.call("GET /api/sessions/:id", { params: { id } });
    const { head, item, foot } = renderer(format, timeZone(values, settings.time_zone));
    const isJson = flag(values, "json");
    let items = 0;
    await writing(file, async (line) => {
      if (!isJson) line(head(session.data));
      for await (const one of transcriptItems(app, id, text(values, "around"))) {
        items++;
        line(isJson ? toSafeJson(one) : item(one));
      }
      if (!isJson && foot !== "") line(foot);
    });
    if (file !== undefined) complain(`${counted(items, "text")} written to ${file}`);
    else if (items === 0)
      complain("no text of this session is stored (HALL_CAPTURE=metadata, or not read yet)");
    return 0;
  } finally {
    db.close();
  }
}

/** A file of a conversation is private, and an existing one is not overwritten. */
async function writing(file: string | undefined, write: (line: (text: string) => void) => Promise<void>) {
  if (file === undefined) return write(out);
  const fd = openSync(file, "wx", 0o600);
  try {
    await write((text) => void writeSync(fd, `${text}\n`));
  } finally {
    closeSync(fd);
  }
}
