import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { FLAGS, findBrowser } from "../e2e/page-rig.ts";

/** A browser in which the worker that the tabs share can be measured, too. */
export async function openBrowser() {
  const browser = await chromium.launch({ executablePath: findBrowser(), args: FLAGS.split(" ") });
  const context = await browser.newContext({ viewport: { width: 1440, height: 860 } });
  const control = await browser.newBrowserCDPSession();
  return {
    async tab(url: string): Promise<Tab> {
      const page = await context.newPage();
      await page.goto(url);
      return { page, cdp: await context.newCDPSession(page) };
    },
    worker: () => attachWorker(control),
    pids: () => processes(browser),
    close: () => browser.close(),
  };
}

export type Tab = { page: Page; cdp: CDPSession };
export type Attached = {
  send<T>(method: string, params?: object): Promise<T>;
  on(method: string, listener: (params: unknown) => void): void;
};

/** The shared worker of the page; undefined where none runs. Playwright has no session for one. */
async function attachWorker(control: CDPSession): Promise<Attached | undefined> {
  const { targetInfos } = await control.send("Target.getTargets");
  const found = targetInfos.find((t) => t.type === "shared_worker");
  if (!found) return undefined;
  const { sessionId } = await control.send("Target.attachToTarget", { targetId: found.targetId });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const listeners = new Map<string, (params: unknown) => void>();
  let last = 0;
  control.on("Target.receivedMessageFromTarget", ({ message, sessionId: from }) => {
    if (from !== sessionId) return;
    type Message = {
      id?: number;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: { message: string };
    };
    const { id, method, params, result, error } = JSON.parse(message) as Message;
    if (method !== undefined) listeners.get(method)?.(params);
    if (id === undefined) return;
    if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
    waiting.delete(id);
  });
  return {
    async send<T>(method: string, params: object = {}) {
      const id = ++last;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      await control.send("Target.sendMessageToTarget", {
        sessionId,
        message: JSON.stringify({ id, method, params }),
      });
      return (await answer.promise) as T;
    },
    on: (method, listener) => listeners.set(method, listener),
  };
}

async function processes(browser: Browser): Promise<{ type: string; id: number }[]> {
  const control = await browser.newBrowserCDPSession();
  const { processInfo } = await control.send("SystemInfo.getProcessInfo");
  await control.detach();
  return processInfo;
}
