import { options } from "preact";
import { shownText } from "../../schema/text.ts";

/**
 * Every text of the page passes here, so that none that an agent, a file or a folder named turns what is beside it or
 * hides a part of itself, wherever a view shows it. What is copied, linked or asked for keeps its characters.
 */
export function startPlainText(): void {
  options.vnode = (vnode: { type: unknown; props: unknown }) => {
    if (typeof vnode.props === "string") vnode.props = shownText(vnode.props);
  };
}
