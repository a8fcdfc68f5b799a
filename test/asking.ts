import { type Answer, Answers } from "../schema/api.ts";
import type { PriceBook } from "../store/price-book.ts";
import { createApp } from "../viewer/app.ts";
import type { World } from "./world.ts";

/** The real routes over a world's database, without a socket. */
export function asking(world: World, options: { now?: number; time_zone?: string; book?: PriceBook } = {}) {
  const app = createApp({
    reader: world.db,
    book: options.book ?? world.pipeline.book,
    config: { time_zone: options.time_zone ?? world.config.time_zone, sse_max: 1 },
    bus: world.pipeline.bus,
    status: () => {
      throw new Error("no daemon here");
    },
    reindex: async () => ({ files: 0 }),
    shutdown: () => {},
    token: "",
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
    json: async <K extends keyof typeof Answers>(name: K, path: string): Promise<Answer<K>["data"]> =>
      (Answers[name].parse(JSON.parse(await text(path))) as Answer<K>).data as Answer<K>["data"],
  };
}
