import { createAccess } from "../viewer/access/access.ts";
import type { ViewerDeps } from "../viewer/app.ts";
import type { Assets } from "../viewer/assets.ts";
import { tokensOf } from "./access-token.ts";
import type { DaemonParts } from "./daemon-parts.ts";
import { toStatus } from "./daemon-status.ts";
import type { Ending } from "./ending.ts";
import { openHealth } from "./health.ts";
import { cachedRetention } from "./source-retention.ts";

/** The response to a stop request is sent first. */
const ANSWER_MS = 20;

/** The daemon's interface for the page and the API. */
export function toViewerDeps(parts: DaemonParts, ending: Ending, assets: Assets): ViewerDeps {
  const { config, pipeline, reader, judged, token, presence, loop, otlp, sampler, alerts } = parts;
  const { collector, book, bus } = pipeline;
  const expiring = cachedRetention(reader, config);
  const started = Date.now();
  return {
    reader,
    judged,
    config,
    bus,
    book,
    token,
    capture: parts.capture,
    health: openHealth(config, pipeline),
    activity: parts.activity.view,
    status: () => ({
      ...toStatus(config, pipeline, loop.watcher(), { started, url: presence.url() }),
      retention: expiring(),
    }),
    reindex: async (sources) => ({ files: loop.reindex(sources) }),
    shutdown: () => void setTimeout(ending.stop, ANSWER_MS),
    access: createAccess({
      mode: config.access,
      tokens: [...tokensOf(config.data_dir, collector.telemetry.raise), token],
    }),
    ports: () => [...presence.ports(), ...otlp.ports()],
    otlp: otlp.deps,
    assets,
    ...(sampler && { limits: sampler }),
    ...(alerts && { alerts }),
    spoolBacklog: collector.spoolBacklog,
  };
}
