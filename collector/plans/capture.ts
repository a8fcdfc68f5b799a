import { type CaptureSettings, captureOf } from "../../schema/capture-settings.ts";
import type { Reject } from "../../store/batch.ts";
import type { PlanObservation } from "../../store/plans/observation.ts";
import { redactText } from "../redact/redact.ts";

/** Text of a plan according to the settings of its project: redacted, or omitted. */
export function capturePlan(plan: PlanObservation, rejects: Reject[], settings: CaptureSettings) {
  const mode = captureOf(settings, plan.project_path);
  if (mode === "full") return { plan, rejects };
  const words = (text: string) => (mode === "metadata" ? "" : redactText(text, settings));
  const features = plan.features?.map((f) => ({
    ...f,
    description: words(f.description),
    verification: words(f.verification),
  }));
  return {
    plan: features ? { ...plan, features } : plan,
    rejects: rejects.map((r) => ({ ...r, detail: words(r.detail) })),
  };
}
