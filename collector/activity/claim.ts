/** A session in the client's own registry: one file for each running process. */
export type Claim = {
  /** Empty = the process has not reported a status yet. */
  status: "busy" | "idle" | "waiting" | "shell" | "";
  /** `permission prompt`, `input needed`, `dialog open`, …; empty in every state but `waiting`. */
  waiting_for: string;
  since_unix_ms: number;
  /** Process id and start time match a running process. */
  is_alive: boolean;
  /** When its end was detected; 0 while it runs. */
  gone_unix_ms: number;
  cwd: string;
  version: string;
};
