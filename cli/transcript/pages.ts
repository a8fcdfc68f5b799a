import type { TranscriptItem } from "../../schema/api-texts.ts";
import type { LocalApp } from "../local-app.ts";

/** All texts of a session, or a page around one. */
export async function* transcriptItems(
  app: LocalApp,
  id: string,
  around: string | undefined,
): AsyncGenerator<TranscriptItem> {
  const limit = around === undefined ? "1000" : "40";
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? { limit, around } : { limit, cursor };
    const { data } = await app.call("GET /api/sessions/:id/transcript", { params: { id }, query });
    yield* data.items;
    cursor = around === undefined ? (data.after_cursor ?? undefined) : undefined;
  } while (cursor !== undefined);
}
