import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { RecentAlert, Webhook } from "../../schema/alerts.ts";
import { DAY_MS } from "../../schema/durations.ts";
import type { Receiver, Sent } from "./delivery.ts";

const TIMEOUT_MS = 10_000;
const MAX_AGE_MS = DAY_MS;
/** A temporary refusal: too slow, too early, too many. */
const PASSING = new Set([408, 425, 429]);

/**
 * The only request that leaves this machine, and only if it is configured. `X-Hall-Signature` is
 * `t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>", hex>`: the receiver checks it and rejects old ones.
 */
export function createWebhook({ url, secret }: Webhook): Receiver {
  return {
    name: "webhook",
    max_age_ms: MAX_AGE_MS,
    send(notice, signal) {
      const body = JSON.stringify(toBody(notice));
      return post(
        new URL(url),
        body,
        sign(secret, Math.floor(Date.now() / 1000), body),
        noticeId(notice),
        signal,
      );
    },
  };
}

export function sign(secret: string, seconds: number, body: string): string {
  const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${mac}`;
}

const noticeId = ({ seq, time_unix_ms }: RecentAlert) => `${time_unix_ms}-${seq}`;

function toBody({ seq: _, ...notice }: RecentAlert) {
  return { schema_version: 1, ...notice };
}

/**
 * Not `fetch`: it follows redirects and proxies of the environment, and this must only go to the configured address.
 */
function post(url: URL, body: string, signature: string, id: string, signal: AbortSignal): Promise<Sent> {
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const fail = (failure: string, is_final = false) => resolve({ ok: false, failure, is_final });
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const sending = send(
      url,
      {
        method: "POST",
        signal: AbortSignal.any([signal, timeout]),
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "user-agent": "hall-monitor",
          "x-hall-delivery": id,
          "x-hall-signature": signature,
        },
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        // The body is not needed, and may be endless.
        answer.destroy();
        if (status >= 200 && status < 300) resolve({ ok: true });
        else fail(`http_${status}`, status >= 300 && status < 500 && !PASSING.has(status));
      },
    );
    sending.on("error", () => fail(timeout.aborted ? "timeout" : "unreachable"));
    sending.end(body);
  });
}
