import { useEffect } from "preact/hooks";
import { behind, route } from "../route.ts";
import { Search } from "../search/search.tsx";
import { View } from "../views.tsx";
import { Help } from "./help.tsx";
import { Rail } from "./rail.tsx";
import { Tip } from "./tip.tsx";
import { Toasts } from "./toasts.tsx";
import { TopBar } from "./top-bar.tsx";

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
