/** A share with its figure, rounded down. The bar is as long as its part of `most`, the longest beside it. */
export function Share({ part, whole, most }: { part: number; whole: number; most: number }) {
  const share = whole > 0 ? part / whole : 0;
  return (
    <td class="share">
      {part > 0 && <i style={{ "--share": Math.min(1, part / most) }} aria-hidden="true" />}
      <span>{share > 0 && share < 0.01 ? "< 1" : Math.floor(share * 100)} %</span>
    </td>
  );
}
