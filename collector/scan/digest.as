// Equal for equal bytes, and as good as never for others.

@inline
export function lowBytes(count: u32): u64 {
  return count >= 8 ? u64.MAX_VALUE : ((<u64>1) << (count * 8)) - 1;
}

export function mix(before: u64, at: usize, end: usize): u64 {
  let sum: u64 = before ^ <u64>(end - at);
  for (; at + 8 <= end; at += 8) sum = (rotl(sum, 5) ^ load<u64>(at)) * 0x9e3779b97f4a7c15;
  sum = (rotl(sum, 5) ^ (load<u64>(at) & lowBytes(<u32>(end - at)))) * 0x9e3779b97f4a7c15;
  return sum ^ (sum >> 32);
}

/** As a whole number that a double holds. */
@inline
export function exactly(sum: u64): f64 {
  return <f64>((sum ^ (sum >> 29)) >> 11);
}
