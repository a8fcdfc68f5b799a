import { AppError } from "../schema/errors.ts";

export type App = { fetch(request: Request, env: object): Response | Promise<Response> };
export type Served = { ports: number[]; url: string; stop(): Promise<void> };
type Server = ReturnType<typeof listen>;

const LOOPBACK = ["127.0.0.1", "::1"] as const;
/** Above every body that a route accepts; Bun answers 413 by itself beyond it. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const TRIES = 10;

function listen(app: App, hostname: string, port: number, idleTimeout: number) {
  return Bun.serve({
    hostname,
    port,
    idleTimeout,
    maxRequestBodySize: MAX_BODY_BYTES,
    development: false,
    // Without this Bun shares the port: the kernel would give another daemon's clients to this one in turn.
    reusePort: false,
    fetch: (request, server) => app.fetch(request, server),
  });
}

const codeOf = (error: unknown) => (error as { code?: string } | null)?.code ?? "";
const isBusy = (error: unknown) => codeOf(error) === "EADDRINUSE";
/** A machine without IPv6 is served over IPv4 alone. */
const hasNoFamily = (error: unknown) => ["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"].includes(codeOf(error));

/** Both loopback addresses on one port, and no other: `localhost` may mean either. */
export async function serve(app: App, options: { port: number; idleTimeout?: number }): Promise<Served> {
  const idle = options.idleTimeout ?? 10;
  for (let left = options.port === 0 ? TRIES : 1; left > 0; left--) {
    const pair = await tryPair(app, options.port, idle);
    if (pair) return toServed(pair);
  }
  throw new AppError("port_busy", `Port ${options.port} is used by another program`, {
    hint: "set HALL_PORT to a free port, or to 0 to pick one",
  });
}

/** Undefined if another program uses the port on either address. */
async function tryPair(app: App, port: number, idle: number): Promise<Server[] | undefined> {
  let first: Server | undefined;
  try {
    first = listen(app, LOOPBACK[0], port, idle);
    return [first, listen(app, LOOPBACK[1], first.port ?? port, idle)];
  } catch (error) {
    if (first && hasNoFamily(error)) return [first];
    await first?.stop(true);
    if (isBusy(error)) return undefined;
    throw error;
  }
}

function toServed(servers: Server[]): Served {
  const port = servers[0]?.port ?? 0;
  return {
    ports: [port],
    url: `http://localhost:${port}`,
    stop: async () => {
      await Promise.all(servers.map((s) => s.stop(true)));
    },
  };
}
