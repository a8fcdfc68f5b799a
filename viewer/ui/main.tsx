import { render } from "preact";
import { startAgents } from "./agents.ts";
import { startClock } from "./clock.ts";
import { watchGaps } from "./events/gaps.ts";
import { startFeed } from "./feed.ts";
import { startLimits } from "./limits-state.ts";
import { startPlainText } from "./plain-text.ts";
import { startRouting } from "./route.ts";
import { startKeys } from "./shell/keys.ts";
import { startRate } from "./shell/rate.ts";
import { Shell } from "./shell/shell.tsx";
import { startTips } from "./shell/tip.tsx";
import { startTitle } from "./shell/title.ts";
import { startSpend } from "./spend.ts";
import { startViews } from "./views.tsx";
// Code shared by several views is part of the program: as separate small files it would cost a request each.
import "../../schema/projects.ts";
import "../event-labels.ts";
import "./chart/table-box.tsx";
import "../../schema/usage-kinds.ts";

startPlainText();
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
watchGaps();

render(<Shell />, document.getElementById("page")!);
