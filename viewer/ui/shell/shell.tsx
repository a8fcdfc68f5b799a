import { useEffect } from "preact/hooks";
import { now } from "../clock.ts";
import { dayAndTime } from "../format.ts";
import { behind, route } from "../route.ts";
import { Search } from "../search/search.tsx";
import { zone } from "../status.ts";
import { View } from "../views.tsx";
import { Help } from "./help.tsx";
import { Rail } from "./rail.tsx";
import { Tip } from "./tip.tsx";
import { NAMES } from "./title.ts";
import { Toasts } from "./toasts.tsx";
import { TopBar } from "./top-bar.tsx";

/** Header of a printed page. */
const PrintHead = () => (
  <p class="print-head">
    {[NAMES[behind.value.page], dayAndTime(now.value, zone.value), zone.value].join(" · ")}
  </p>
);

export function Shell() {
  const { page } = route.value;
  useEffect(() => {
    document.body.dataset.page = behind.value.page;
  });
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Rail />
      <TopBar />
      <PrintHead />
      <main id="main" tabIndex={-1}>
        <View page={behind.value.page} key={behind.value.page} />
      </main>
      {page === "request" && <View page="request" />}
      <Search />
      <Toasts />
      <Help />
      <Tip />
    </>
  );
}
