import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { AccessMode } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import type { Ctx } from "../deps.ts";
import { isTellable, type Peer, peerUid } from "./peer.ts";

/** An empty or short token grants no access: a truncated file must not unlock the daemon. */
const MIN_TOKEN_LENGTH = 16;
const CODE_MS = 60_000;
const COOKIE_S = 365 * 86_400;
export const SIGN_IN_PATH = "/signin";
const ROOT = 0;

export type AccessOptions = {
  mode: AccessMode;
  /** Tokens that grant scripts access to the reading routes: that of the data directory, and that of this start. */
  tokens: readonly string[];
};

/**
 * Loopback is open to every user of the machine, so each request is checked: the user behind the connection if the
 * system reports it, else a token. Root may read every file anyway, and is not refused.
 */
export function createAccess({ mode, tokens }: AccessOptions) {
  const key = tokens[0] ?? "";

  /** Throws the refusal. */
  function check(c: Ctx): void {
    if (mode === "open") return;
    if (tokens.some((token) => isBearer(c.req.header("authorization"), token)) || hasCookie(c, key)) return;
    const uid = mode === "owner" ? uidOf(c) : undefined;
    if (uid === undefined)
      throw new AppError(
        "unauthorized",
        "The request has no token, and the system does not report its user",
        {
          hint: "run `hall-monitor open` to open the page; scripts send `Authorization: Bearer …` with the token of `hall-monitor open --token`",
        },
      );
    if (!isOwn(uid))
      throw new AppError(
        "forbidden_user",
        `User ${uid} of this machine is not the owner of the recorded agents`,
        {
          hint: "the owner can share the token of `hall-monitor open --token`, sent as `Authorization: Bearer …`, or set HALL_ACCESS=open for all users",
        },
      );
  }

  return { check, signIn: createSignIn(key) };
}
export type Access = ReturnType<typeof createAccess>;

function uidOf(c: Ctx): number | undefined {
  const peer = c.env?.requestIP?.(c.req.raw) as Peer | null | undefined;
  if (!peer || c.env?.port === undefined) return undefined;
  return isTellable(process.getuid?.() ?? ROOT) ? peerUid(peer, c.env.port) : undefined;
}

const isOwn = (uid: number) => uid === ROOT || uid === process.getuid?.() || uid === process.geteuid?.();

/** Cookies are shared between ports, so the name contains the port. */
const cookieName = (c: Ctx) => `hall_monitor_${c.req.header("host")?.split(":").at(-1) ?? ""}`;
/** Not the token itself: a browser shows its cookies to every server on this host. */
const cookieValue = (token: string) => createHmac("sha256", token).update("cookie/1").digest("hex");

/** The code of a sign-in link. Any process that can read the token can create it, without a request. */
export function createSignInCode(token: string): string {
  const draft = `${Date.now() + CODE_MS}.${randomBytes(12).toString("hex")}`;
  return sign(token, draft);
}

function sign(token: string, code: string): string {
  const draft = code.split(".").slice(0, 2).join(".");
  return `${draft}.${createHmac("sha256", token).update(`code/1 ${draft}`).digest("hex")}`;
}

export function isBearer(header: string | undefined, token: string): boolean {
  return token.length >= MIN_TOKEN_LENGTH && isSame(header?.replace(/^Bearer /i, "") ?? "", token);
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hasCookie(c: Ctx, key: string): boolean {
  const name = `${cookieName(c)}=`;
  const given = c.req
    .header("cookie")
    ?.split(/;\s*/)
    .find((pair) => pair.startsWith(name));
  return (
    given !== undefined &&
    key.length >= MIN_TOKEN_LENGTH &&
    isSame(given.slice(name.length), cookieValue(key))
  );
}

/** A code works once, and only for a minute. */
function createSignIn(key: string) {
  const usedCodes = new Map<string, number>();
  return (c: Ctx): Response => {
    const code = c.req.query("code") ?? "";
    const now = Date.now();
    for (const [used, until] of usedCodes) if (until < now) usedCodes.delete(used);
    const until = Number(code.split(".")[0]);
    if (
      key.length < MIN_TOKEN_LENGTH ||
      usedCodes.has(code) ||
      !(until > now) ||
      !isSame(code, sign(key, code))
    )
      throw new AppError("unauthorized", "This sign-in link was already used or has expired", {
        hint: "run `hall-monitor open` again",
      });
    usedCodes.set(code, until);
    return new Response(null, {
      status: 303,
      headers: {
        Location: "/",
        "Set-Cookie": `${cookieName(c)}=${cookieValue(key)}; Path=/; Max-Age=${COOKIE_S}; HttpOnly; SameSite=Lax`,
      },
    });
  };
}
