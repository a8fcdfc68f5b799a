import { route } from "../route.ts";
import { PlanList } from "./plan-list.tsx";
import { PlanPage } from "./plan-page.tsx";

export function PlansView() {
  const name = route.value.page === "plan" ? route.value.params.name : undefined;
  return name === undefined ? <PlanList /> : <PlanPage name={name} key={name} />;
}
