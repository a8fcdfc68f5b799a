import { sessionHref } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { useResource } from "../use-resource.ts";

/** A session by its title, as a link; by the start of its id until the title is there. */
export function SessionName({ id }: { id: string }) {
  const { data } = useResource("GET /api/sessions/:id", { params: { id } });
  const title = titleOfKey(id, data?.title ?? null, data?.project);
  return (
    <a class="link session-name clip" href={sessionHref(id)}>
      <bdi>{title}</bdi>
    </a>
  );
}
