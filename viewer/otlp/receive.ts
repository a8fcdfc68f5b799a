import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ENCODINGS, type Encoding, readExport } from "../../collector/otlp/decode.ts";
import type { Intake } from "../../collector/otlp/intake.ts";
import type { Reply } from "../../schema/api-types.ts";
import { AppError, type ErrorCode } from "../../schema/errors.ts";
import { listReceivers, type OtlpKey, signalOf } from "../../schema/otlp-paths.ts";
import type { OtlpSignal } from "../../schema/telemetry.ts";
import { isBearer } from "../access/access.ts";
import { readBody } from "../api/answer.ts";
import type { Ctx, ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { partialSuccess } from "./answer.ts";

/** On the wire and unpacked; one run of Codex posts 1.24 MB. */
const OTLP_BODY_BYTES = 16 * 1024 * 1024;
const inflate = promisify(gunzip);

/** What the receiver needs; absent where no daemon is behind the app. */
export type OtlpDeps = {
  intake: Intake;
  /** Token that exporters must send; empty = any permitted client may export. */
  token: string;
};

/** Whether it is an export with the token that is set for them; throws if one is set and the request has another. */
export function isExport({ intake, token }: OtlpDeps, c: Ctx): boolean {
  const signal = signalOf(c.req.path);
  if (signal === undefined || token === "") return false;
  if (isBearer(c.req.header("authorization"), token)) return true;
  intake.count(signal, "unauthorized");
  throw new AppError("unauthorized", "The bearer token of HALL_OTLP_TOKEN is required", {
    hint: "set OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20…",
  });
}

/** `POST /v1/<signal>`: checked, stripped, in the spool, and only then answered. No SQL on the way. */
export function otlpHandlers(deps: ViewerDeps) {
  return Object.fromEntries(
    listReceivers().map(({ key, signal }) => [key, (_: unknown, c: Ctx) => take(deps, signal, c)]),
  ) as Pick<Handlers, OtlpKey>;
}

const RESULT_OF: Partial<Record<ErrorCode, Parameters<Intake["count"]>[1]>> = {
  too_many_requests: "rate",
  too_large: "size",
  unsupported_media_type: "type",
  bad_request: "bad",
  spool_refused: "spool",
};

async function take({ otlp }: ViewerDeps, signal: OtlpSignal, c: Ctx): Promise<Reply<OtlpKey>> {
  if (!otlp) throw new AppError("not_running", "This process does not receive exports");
  const { intake } = otlp;
  try {
    const { encoding, rejected, reason } = await accept(intake, signal, c);
    intake.count(signal, rejected > 0 ? "partial" : "ok");
    return partialSuccess(signal, encoding, rejected, reason);
  } catch (error) {
    const result = error instanceof AppError ? RESULT_OF[error.code] : undefined;
    if (result) intake.count(signal, result);
    throw error;
  }
}

type Accepted = { encoding: Encoding; rejected: number; reason: string };

async function accept(intake: Intake, signal: OtlpSignal, c: Ctx): Promise<Accepted> {
  if (!intake.admit())
    throw new AppError("too_many_requests", "More exports per second than HALL_OTLP_MAX_RPS allows", {
      hint: "the exporter retries automatically; raise HALL_OTLP_MAX_RPS if many agents run",
    });
  const packed = await readBody(c.req.raw, OTLP_BODY_BYTES);
  const encoding = encodingOf(c.req.header("content-type"), packed.length);
  const bytes = await unpacked(packed, c.req.header("content-encoding"));
  // An export of nothing: what a probe sends.
  if (bytes.length === 0) return { encoding, rejected: 0, reason: "" };
  const read = readExport(signal, encoding, bytes);
  if (!read.ok) throw new AppError("bad_request", read.detail, { hint: "nothing of it was stored" });
  try {
    intake.store(read.value);
  } catch (cause) {
    throw new AppError("spool_refused", "The spool cannot be written; the export was not stored", {
      hint: "free space in HALL_DATA_DIR; the exporter retries automatically",
      cause,
    });
  }
  const { rejected, reason } = read.value;
  return { encoding, rejected, reason };
}

function encodingOf(header: string | undefined, length: number): Encoding {
  const type = header?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (Object.hasOwn(ENCODINGS, type)) return ENCODINGS[type as keyof typeof ENCODINGS];
  if (type === "" && length === 0) return "json";
  throw new AppError(
    "unsupported_media_type",
    `${type || "A body without a content type"} is not an OTLP encoding`,
    {
      hint: "set OTEL_EXPORTER_OTLP_PROTOCOL to http/json or http/protobuf",
    },
  );
}

async function unpacked(bytes: Buffer, coding: string | undefined): Promise<Buffer> {
  const name = coding?.trim().toLowerCase() ?? "identity";
  if (name === "identity" || name === "") return bytes;
  if (name !== "gzip")
    throw new AppError("unsupported_media_type", `Content-Encoding ${name} is not supported`, {
      hint: "use gzip",
    });
  try {
    return await inflate(bytes, { maxOutputLength: OTLP_BODY_BYTES });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE")
      throw new AppError("too_large", `The decompressed body is larger than ${OTLP_BODY_BYTES} bytes`);
    throw new AppError("bad_request", "the body: is not gzip", { cause });
  }
}
