// What the first bytes of a rollout's line show, in the order in which Codex writes them, and the time that both
// clients write. Nothing here looks for what it does not find at once: such a line is read whole.
import { exactly, mix } from "./digest";
import { CLOSE_BRACE, COMMA, isDigit, QUOTE } from "./json";

/** Time, ordinal (-1 = none) and digest of the kind; where it is. */
const HEAD: usize = 0x2000;

const LONGEST_NAME: usize = 120;
const MOST_DIGITS: usize = 15;
const TIME_BYTES: usize = 24;
const DAY_MS: f64 = 86400000;

/** Texts as whole numbers, their first letter in the lowest byte. */
const OPENING: u64 = 0x7473656d6974227b; // {"timest
const TIMESTAMP: u64 = 0x223a22706d617473; // stamp":"
const NEXT: u16 = 0x2c22; // ",
const ORDINAL: u64 = 0x6c616e6964726f22; // "ordinal
const COLON_BEHIND: u16 = 0x3a22; // ":
const TYPE: u64 = 0x223a226570797422; // "type":"
const PAYLOAD: u64 = 0x6f6c796170222c22; // ","paylo
const PAYLOAD_END: u64 = 0x7b3a2264616f6c79; // yload":{

/** False if the line does not begin as expected. */
export function head(at: usize): bool {
  if (load<u64>(at) != OPENING || load<u64>(at + 6) != TIMESTAMP) return false;
  const moment = time(at + 14);
  if (isNaN(moment)) return false;
  at += 14 + TIME_BYTES;
  if (load<u16>(at) != NEXT) return false;
  at += 2;
  let ordinal: f64 = -1;
  if (load<u64>(at) == ORDINAL && load<u16>(at + 8) == COLON_BEHIND) {
    at += 10;
    const first = at;
    for (ordinal = 0; isDigit(load<u8>(at)); at++) ordinal = ordinal * 10 + <f64>(load<u8>(at) - 0x30);
    if (at == first || at - first > MOST_DIGITS || load<u8>(at) != COMMA) return false;
    at++;
  }
  if (load<u64>(at) != TYPE) return false;
  const type = at + 8;
  let end = endOfName(type);
  if (end == 0 || load<u64>(end) != PAYLOAD || load<u64>(end + 5) != PAYLOAD_END) return false;
  const payload = end + 13;
  if (load<u64>(payload) == TYPE) {
    end = endOfName(payload + 8);
    if (end == 0) return false;
  } else if (load<u8>(payload) != QUOTE && load<u8>(payload) != CLOSE_BRACE) return false;
  store<f64>(HEAD, moment);
  store<f64>(HEAD + 8, ordinal);
  store<f64>(HEAD + 16, exactly(mix(0, type, end)));
  store<u32>(HEAD + 24, <u32>type);
  store<u32>(HEAD + 28, <u32>end);
  return true;
}

/** Place of the quote behind a name of letters and underscores; 0 if it is none. */
function endOfName(at: usize): usize {
  for (const first = at; at - first < LONGEST_NAME; at++) {
    const byte = load<u8>(at);
    if (byte == QUOTE) return at > first ? at : 0;
    const letter = byte | 0x20;
    if ((letter < 0x61 || letter > 0x7a) && byte != 0x5f) return 0;
  }
  return 0;
}

@inline
function digit(at: usize, place: usize): u32 {
  return <u32>load<u8>(at + place) - 0x30;
}

@inline
function two(at: usize, place: usize): u32 {
  return digit(at, place) * 10 + digit(at, place + 1);
}

/** Milliseconds since 1970 of `2026-11-13T08:06:35.426Z`; NaN of any other form. */
export function time(at: usize): f64 {
  for (let i: usize = 0; i < TIME_BYTES - 1; i++) {
    const isMark = i == 4 || i == 7 || i == 10 || i == 13 || i == 16 || i == 19;
    if (!isMark && !isDigit(load<u8>(at + i))) return NaN;
  }
  if (load<u8>(at + 4) != 0x2d || load<u8>(at + 7) != 0x2d || load<u8>(at + 10) != 0x54) return NaN;
  if (load<u8>(at + 13) != 0x3a || load<u8>(at + 16) != 0x3a) return NaN;
  if (load<u8>(at + 19) != 0x2e || load<u8>(at + 23) != 0x5a) return NaN;
  const year = two(at, 0) * 100 + two(at, 2);
  const month = two(at, 5);
  const day = two(at, 8);
  const hour = two(at, 11);
  const minute = two(at, 14);
  const second = two(at, 17);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return NaN;
  if (hour > 23 || minute > 59 || second > 59) return NaN;
  const ms = two(at, 20) * 10 + digit(at, 22);
  return (
    daysBefore(year, month, day) * DAY_MS +
    <f64>(hour * 3600000 + minute * 60000 + second * 1000 + ms)
  );
}

function daysIn(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Days since 1970: counted from March on, so that a leap day ends its year. */
function daysBefore(year: u32, month: u32, day: u32): f64 {
  const y = month > 2 ? <i32>year : <i32>year - 1;
  const era = (y >= 0 ? y : y - 399) / 400;
  const ofEra = y - era * 400;
  const ofYear = (153 * ((<i32>month + 9) % 12) + 2) / 5 + <i32>day - 1;
  return <f64>(era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468);
}
