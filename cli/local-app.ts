import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { readClaims, registryFolders } from "../collector/activity/claims.ts";
import { type ActivityView, createActivityView } from "../collector/activity/tracker.ts";
import type { RouteKey } from "../schema/api.ts";
import { addressOf } from "../schema/api-address.ts";
import type { Answer, RouteArgument, RouteInput } from "../schema/api-types.ts";
import type { Config } from "../schema/config.ts";
import { loadPriceBook } from "../store/price-book.ts";
import { createApp } from "../viewer/app.ts";
import { parseAnswer, toError } from "./daemon-client.ts";

/** The routes, called in this process: the same responses as over HTTP, with or without a daemon. */
export function createLocalApp(reader: Database, config: Config) {
  const app = createApp({
    reader,
    book: loadPriceBook(join(config.data_dir, "config.json")),
    config,
    activity: currentActivity(config, reader),
    bus: { subscribe: () => () => {} },
    status: () => {
      throw new Error("there is no daemon in this process");
    },
    reindex: () => Promise.resolve({ files: 0 }),
    shutdown: () => {},
    token: "",
    access: "in_process",
    ports: () => [1],
    assets: new Map(),
  });
  return {
    async call<Key extends RouteKey, Given extends RouteInput<Key>>(
      key: Key,
      ...input: RouteArgument<Key, Given>
    ): Promise<Answer<Key>> {
      const { path } = addressOf(key, ...input);
      const response = await app.request(path, { headers: { host: "localhost:1" } });
      const body: unknown = await response.json();
      if (!response.ok) throw await toError(body, key);
      return parseAnswer(key, body);
    },
  };
}
export type LocalApp = ReturnType<typeof createLocalApp>;

/** The registry is read when a session is first asked for. */
function currentActivity({ roots }: Config, reader: Database): ActivityView {
  let view: ActivityView | undefined;
  const open = () => {
    view ??= createActivityView(reader, Date.now, readClaims(registryFolders(roots)));
    return view;
  };
  return { of: (session) => open().of(session), all: () => open().all() };
}
