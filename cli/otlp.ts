import type { Beat } from "../collector/beat.ts";
import { createIntake } from "../collector/otlp/intake.ts";
import type { createTelemetry } from "../collector/telemetry.ts";
import type { CaptureSettings } from "../schema/capture-settings.ts";
import type { Config } from "../schema/config.ts";
import { AppError } from "../schema/errors.ts";
import { listReceivers, signalOf } from "../schema/otlp-paths.ts";
import { type App, type Served, serve } from "../viewer/server.ts";

const RELISTEN_MS = 5000;

/** The receiver of exports, and the second port of HALL_OTLP_PORT. */
export function openOtlp(
  config: Config,
  telemetry: ReturnType<typeof createTelemetry>,
  capture: CaptureSettings,
) {
  const { port, token, max_rps } = config.otlp;
  const intake = createIntake({ data_dir: config.data_dir, max_rps, capture });
  let served: Served | undefined;
  let end = () => {};

  /** A port in use is reported and retried; the recorder runs without it. */
  async function listen(app: App): Promise<void> {
    if (port === null || served) return;
    try {
      served = await serve(onlyExports(app), { port });
      telemetry.clear("otlp");
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== "port_busy") throw error;
      report(`HALL_OTLP_PORT ${port} is taken`);
    }
  }
  function report(detail: unknown): void {
    telemetry.raise("otlp", { code: "otlp_port_busy", detail: String(detail) });
  }
  return {
    deps: { intake, token },
    ports: (): number[] => served?.ports ?? [],
    async start(app: App, beat: Beat): Promise<void> {
      if (port === null) return;
      await listen(app);
      end = beat.every({ every_ms: RELISTEN_MS, run: () => void listen(app).catch(report) });
    },
    async stop(): Promise<void> {
      end();
      await served?.stop();
    },
  };
}

const KEYS = listReceivers()
  .map(({ key }) => key)
  .join(", ");

/** The second port serves nothing else. */
function onlyExports(app: App): App {
  return {
    fetch: (request, env) =>
      signalOf(new URL(request.url).pathname) !== undefined
        ? app.fetch(request, env)
        : new Response(`This port accepts ${KEYS}.\n`, { status: 404 }),
  };
}
