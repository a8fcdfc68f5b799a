import type { Handler } from "./payload.ts";

export const userHandlers = {
  UserPromptSubmit: () => ({ event_type: "prompt_submitted" }),
  Stop: () => ({ event_type: "turn_ended" }),
  /** Comes instead of Stop when the model could not be reached; `data.error` says why. */
  StopFailure: () => ({ event_type: "turn_ended" }),
} satisfies Record<string, Handler>;
