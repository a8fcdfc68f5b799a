import { afterAll, beforeAll } from "bun:test";
import { createWorld, type Daemon, type Open, type World } from "./page-rig.ts";

/** The home, the daemon and the page of the test file that runs; files run one after another. */
export let world: World;
export let daemon: Daemon;
export let open: Open;

/** Before the tests of a file a home is filled, its daemon started and its page opened; after them all three end. */
export function servePage(start: (world: World) => Promise<{ daemon: Daemon; open: Open }>): void {
  beforeAll(async () => {
    world = createWorld();
    ({ daemon, open } = await start(world));
  });
  afterAll(async () => {
    // Undefined where the start failed.
    await (open as Open | undefined)?.close();
    await (daemon as Daemon | undefined)?.stop();
    world.remove();
  });
}
