// Equal for equal bytes, and as good as never for others.

const FACTOR: u64 = 0x9e3779b97f4a7c15;

@inline
export function lowBytes(count: u32): u64 {
  return count >= 8 ? u64.MAX_VALUE : ((<u64>1) << (count * 8)) - 1;
}

/** A product moves what differs up only: its upper half comes down again before the next bytes could undo it. */
@inline
function step(sum: u64, bytes: u64): u64 {
  const product = (sum ^ bytes) * FACTOR;
  return product ^ (product >> 32);
}

export function mix(before: u64, at: usize, end: usize): u64 {
  let sum: u64 = step(before, <u64>(end - at));
  for (; at + 8 <= end; at += 8) sum = step(sum, load<u64>(at));
  return step(step(sum, load<u64>(at) & lowBytes(<u32>(end - at))), 0);
}

/** As a whole number that a double holds. */
@inline
export function exactly(sum: u64): f64 {
  return <f64>(sum >> 11);
}
