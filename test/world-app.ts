import { answerSchema, ROUTES, type RouteKey } from "../schema/api.ts";
import type { Answer, Data } from "../schema/api-types.ts";
import type { Judged } from "../store/judged/judged.ts";
import type { PriceBook } from "../store/price-book.ts";
import { createApp } from "../viewer/app.ts";
import type { World } from "./world.ts";

/** JSON as the contract has it, and nothing beside it; throws where it differs. */
export function parseAnswer<Key extends RouteKey>(key: Key, value: unknown): Answer<Key> {
  return answerSchema(ROUTES[key])?.parse(value) as Answer<Key>;
}

/** The real routes over a world's database, without a socket. */
export function createWorldApp(
  world: World,
  options: { now?: number; time_zone?: string; book?: PriceBook; judged?: Judged } = {},
) {
  const app = createApp({
    reader: world.db,
    book: options.book ?? world.pipeline.book,
    ...(options.judged && { judged: options.judged }),
    config: { time_zone: options.time_zone ?? world.config.time_zone, sse_max: 1 },
    bus: world.pipeline.bus,
    status: () => {
      throw new Error("no daemon here");
    },
    reindex: async () => ({ files: 0 }),
    shutdown: () => {},
    token: "",
    access: "in_process",
    ports: () => [1],
    assets: new Map(),
    now: () => options.now ?? Date.parse("2026-12-01T00:00:00Z"),
  });
  const text = async (path: string): Promise<string> => {
    const response = await app.request(path, { headers: { host: "localhost:1" } });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body}`);
    return body;
  };
  return {
    text,
    json: async <Key extends RouteKey>(key: Key, path: string): Promise<Data<Key>> =>
      (parseAnswer(key, JSON.parse(await text(path))) as { data: Data<Key> }).data,
  };
}
