import { route } from "../route.ts";
import { adopt } from "../style.ts";
import rules from "../styles/plans.css" with { type: "text" };
import { PlanList } from "./plan-list.tsx";
import { PlanPage } from "./plan-page.tsx";

adopt(rules);

export function PlansView() {
  const name = route.value.page === "plan" ? route.value.params.name : undefined;
  return name === undefined ? <PlanList /> : <PlanPage name={name} key={name} />;
}
