import { options } from "preact";
import { shownText } from "../../schema/text.ts";

/**
 * Every text of the page passes through here, so that no name from an agent, a file or a folder can reverse its
 * neighbours or hide a part of itself. Copied, linked and requested values keep their characters.
 */
export function startPlainText(): void {
  options.vnode = (vnode: { type: unknown; props: unknown }) => {
    if (typeof vnode.props === "string") vnode.props = shownText(vnode.props);
  };
}
