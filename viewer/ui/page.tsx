import { Feed } from "./feed-list.tsx";
import { Header } from "./header.tsx";
import { AlertBanner } from "./limits-alerts.tsx";
import { LimitsPanel } from "./limits-panel.tsx";
import { route } from "./route.ts";
import { SessionList } from "./session-list.tsx";
import { SessionPage } from "./session-page.tsx";
import { Today } from "./today.tsx";

export function Page() {
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <AlertBanner />
        {route.value.page === "session" ? <SessionPage /> : <Hall />}
      </main>
    </>
  );
}

function Hall() {
  return (
    <>
      <Today />
      <LimitsPanel />
      <div class="columns">
        <SessionList />
        <Feed />
      </div>
    </>
  );
}
