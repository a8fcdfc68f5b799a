import { Drawer } from "../drawer.tsx";
import { setQuery } from "../route.ts";
import { Calls } from "./calls.tsx";

const leave = () => setQuery({ tool: "", failed: "" });

/** The calls of one tool over the table, so that they are visible wherever its row is. */
export function CallsDrawer() {
  return (
    <Drawer title="calls-title" class="calls-drawer" onLeave={leave}>
      <Calls onClose={leave} />
    </Drawer>
  );
}
