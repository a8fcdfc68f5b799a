import type { Reconcile } from "../../schema/api-reconcile.ts";
import { openReader } from "../../store/database.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { createLocalApp } from "../local-app.ts";
import { out, printJson, terminalWidth, toPlain } from "../print.ts";
import { requireSession } from "../session-id.ts";
import { hang, wrap } from "../wrap.ts";

export const reconcile: Command = {
  positionals: ["session|today"],
  options: { json: JSON_OPTION },
  more:
    "Explains each difference between the recorded cost and the client's own total: calls that are in no\n" +
    "transcript, cost that a fork inherited from its parent, another price, unexplained tokens.\n" +
    "Without an argument: every session for which the client reported a total.",
  async run({ positionals, values, config }) {
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      const [word] = positionals;
      const today = Temporal.Now.plainDateISO(settings.time_zone).toString();
      const query =
        word === "today" ? { start_time: today } : word ? { session_id: requireSession(db, word) } : {};
      const answer = await createLocalApp(db, settings).call("GET /api/reconcile", { query });
      if (flag(values, "json")) printJson(answer);
      else for (const line of lines(answer.data)) out(line);
      return 0;
    } finally {
      db.close();
    }
  },
};

const usd = (nano: number | null) => (nano === null ? "—" : `$${(nano / 1e9).toFixed(6)}`);

function lines(found: Reconcile): string[] {
  const width = terminalWidth();
  return [
    ...wrap(found.summary, width),
    ...found.sessions
      .filter((s) => s.explained.length > 0)
      .flatMap((s) => [
        "",
        `${s.session_key}${s.title ? `  ${toPlain(s.title)}` : ""}`,
        ...hang(
          "  ",
          `client ${usd(s.client_nano_usd)}, shown ${usd(s.shown_nano_usd)}, hidden ${usd(s.hidden_nano_usd)}, difference ${usd(s.difference_nano_usd)}`,
          width,
        ),
        ...s.explained.flatMap((note) => hang("  ", toPlain(note), width)),
      ]),
  ];
}
