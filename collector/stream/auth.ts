const AUTH_STATES = ["needs_login", "authenticating", "authenticated", "logged_out"] as const;
export type AuthState = (typeof AUTH_STATES)[number];
/** `is_degraded`: the account cannot be used, although no person is needed. */
export type Auth = { state: AuthState; is_degraded: boolean };

export const START: Auth = { state: "needs_login", is_degraded: false };
const MODES = new Set(["chatgpt", "apikey", "chatgptAuthTokens"]);

/** The login state that the app-server reports; no caller can change it. */
export type AuthReport =
  | { kind: "login_started" }
  | { kind: "login_completed"; success: boolean }
  | { kind: "account_updated"; auth_mode: unknown }
  | { kind: "account_read"; has_account: boolean }
  | { kind: "logged_out" };

/** A completed login is not yet an account: only `account/updated` or `account/read` shows one (D-07). */
export function nextAuth(auth: Auth, report: AuthReport): Auth {
  switch (report.kind) {
    case "login_started":
      return { state: "authenticating", is_degraded: false };
    case "login_completed":
      return report.success
        ? { state: "authenticating", is_degraded: false }
        : { state: "needs_login", is_degraded: true };
    case "account_updated":
      return ofMode(report.auth_mode);
    case "account_read":
      return report.has_account
        ? { state: "authenticated", is_degraded: false }
        : { ...auth, state: "needs_login" };
    case "logged_out":
      return { state: "logged_out", is_degraded: false };
  }
}

function ofMode(mode: unknown): Auth {
  if (mode === null || mode === undefined || mode === "none")
    return { state: "needs_login", is_degraded: false };
  if (typeof mode === "string" && MODES.has(mode)) return { state: "authenticated", is_degraded: false };
  return { state: "needs_login", is_degraded: true };
}

/** Undefined for a notification that is not about the login. */
export function toAuthReport(method: string, params: unknown): AuthReport | undefined {
  const fields = (typeof params === "object" && params !== null ? params : {}) as Record<string, unknown>;
  if (method === "account/login/completed")
    return { kind: "login_completed", success: fields.success === true };
  if (method === "account/updated") return { kind: "account_updated", auth_mode: fields.authMode };
  if (method === "account/logout/completed") return { kind: "logged_out" };
  return undefined;
}
