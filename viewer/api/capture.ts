import { AppError } from "../../schema/errors.ts";
import { isBearer } from "../access/access.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";

export function captureHandlers(deps: ViewerDeps) {
  const capture = () => {
    if (!deps.capture) throw new AppError("not_running", "The capture state is known to the daemon only");
    return deps.capture;
  };
  return {
    "GET /api/capture": () => ({ data: capture().view() }),
    "POST /api/capture/stream": ({ body }, c) => {
      if (!isBearer(c.req.header("authorization"), deps.token))
        throw new AppError("unauthorized", "The bearer token of daemon.json is required", {
          hint: "use `hall-monitor stream on|off|reset`",
        });
      capture().switchStream(body);
      return { data: capture().view() };
    },
  } satisfies Partial<Handlers>;
}
