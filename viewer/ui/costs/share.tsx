/** A share as a bar with its figure: cut, never rounded up. */
export function Share({ part, whole }: { part: number; whole: number }) {
  const share = whole > 0 ? part / whole : 0;
  return (
    <td class="share">
      <i style={{ "--share": Math.min(1, share) }} aria-hidden="true" />
      <span>{share > 0 && share < 0.01 ? "< 1" : Math.floor(share * 100)} %</span>
    </td>
  );
}
