import { render } from "preact";
import { startAgents } from "./agents.ts";
import { startClock } from "./clock.ts";
import { startFeed } from "./feed.ts";
import { startLimits } from "./limits-state.ts";
import { startRouting } from "./route.ts";
import { startKeys } from "./shell/keys.ts";
import { startRate } from "./shell/rate.ts";
import { Shell } from "./shell/shell.tsx";
import { startTips } from "./shell/tip.tsx";
import { startTitle } from "./shell/title.ts";
import { startSpend } from "./spend.ts";
import { startViews } from "./views.tsx";

startRouting();
startClock();
startViews();
startFeed();
startAgents();
startSpend();
startLimits();
startTitle();
startRate();
startTips();
startKeys();

render(<Shell />, document.getElementById("page")!);
