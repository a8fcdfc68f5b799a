import { listRoutes, type ROUTES, type RouteKey } from "./api.ts";
import type { OtlpSignal } from "./telemetry.ts";

/** The routes that take exports. */
export type OtlpKey = {
  [Key in RouteKey]: (typeof ROUTES)[Key] extends { otlp: OtlpSignal } ? Key : never;
}[RouteKey];

const RECEIVERS = listRoutes().flatMap(({ key, path, otlp }) =>
  otlp ? [{ key: key as OtlpKey, path, signal: otlp }] : [],
);

export const listReceivers = () => RECEIVERS;

/** The signal that is exported to a path; undefined = not an OTLP path. */
export const signalOf = (path: string): OtlpSignal | undefined =>
  RECEIVERS.find((receiver) => receiver.path === path)?.signal;
