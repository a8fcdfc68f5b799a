import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Notice, Skeleton } from "./notice.tsx";

const FAILED = {
  title: "This part failed to load",
  detail: "The daemon is not responding or was updated.",
  hint: "Reload the page.",
};

const Lines = () => <Skeleton lines={8} />;

/** A part of a view that is loaded when it is first shown; `Wait` is its placeholder. */
export function lazy<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Wait: ComponentType = Lines,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return (props: Props) => {
    const [state, set] = useState<"loading" | "ready" | "failed">(loaded ? "ready" : "loading");
    useEffect(() => {
      if (loaded) return;
      load().then(
        (part) => {
          loaded = part;
          set("ready");
        },
        () => set("failed"),
      );
    }, []);
    const Part = loaded;
    if (Part) return <Part {...props} />;
    return state === "failed" ? <Notice fault={FAILED} /> : <Wait />;
  };
}
