import { readFileSync } from "node:fs";
import { endianness } from "node:os";

export type Peer = { address: string; family: "IPv4" | "IPv6"; port: number };

/** Columns of a row of `/proc/net/tcp` and `/proc/net/tcp6`. */
const LOCAL = 1;
const REMOTE = 2;
const UID = 7;
const INODE = 9;
/** The kernel's value for a user that is not mapped in this user namespace. */
const OVERFLOW_UID = 65534;

/**
 * The user that holds the other end of a loopback connection. Linux lists both ends in `/proc/net/tcp`, each with the
 * user that made the socket. Undefined if unavailable: on another system, without `/proc`, or if the socket is closed.
 * The kernel writes user 0 and inode 0 for a closed socket, so a row without an inode proves nothing: otherwise a
 * client that sends a request and closes at once would be treated as root.
 */
export function peerUid(peer: Peer, localPort: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  // The list is written in pieces while sockets open and close, so a row may be missed once.
  return find(peer, localPort) ?? find(peer, localPort);
}

function find(peer: Peer, localPort: number): number | undefined {
  for (const [file, toHex] of peer.family === "IPv4" ? IPV4 : IPV6) {
    const address = toHex(peer.address);
    if (!address) continue;
    const wanted = [`${address}:${hex16(peer.port)}`, `${address}:${hex16(localPort)}`] as const;
    const uid = ownerOf(file, wanted);
    if (uid !== undefined) return uid;
  }
  return undefined;
}

/** Both ends of a connection over loopback have the same address. */
function ownerOf(file: string, [local, remote]: readonly [string, string]): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, "latin1");
  } catch {
    return undefined;
  }
  const pair = ` ${local} ${remote} `;
  for (let at = text.indexOf(pair); at >= 0; at = text.indexOf(pair, at + 1)) {
    const start = text.lastIndexOf("\n", at) + 1;
    const end = text.indexOf("\n", at);
    const row = text
      .slice(start, end < 0 ? undefined : end)
      .trim()
      .split(/\s+/);
    if (row[LOCAL] === local && row[REMOTE] === remote && Number(row[INODE]) > 0) return Number(row[UID]);
  }
  return undefined;
}

const hex16 = (n: number) => n.toString(16).toUpperCase().padStart(4, "0");

/** The kernel prints an address as 32-bit words in the machine's own byte order. */
function word(bytes: readonly number[]): string {
  const ordered = endianness() === "LE" ? bytes.toReversed() : bytes;
  return ordered.map((b) => b.toString(16).toUpperCase().padStart(2, "0")).join("");
}

function ipv4(address: string): string | undefined {
  const bytes = address.split(".").map(Number);
  return bytes.length === 4 && bytes.every((b) => b >= 0 && b <= 255) ? word(bytes) : undefined;
}

const zeros = word([0, 0, 0, 0]);
/** A dual-stack client socket connects to an IPv4 address as ::ffff:a.b.c.d, and is listed as that. */
const mapped = (address: string) =>
  ipv4(address) && `${zeros}${zeros}${word([0, 0, 255, 255])}${ipv4(address)}`;
const ipv6 = (address: string) =>
  address === "::1" ? `${zeros}${zeros}${zeros}${word([0, 0, 0, 1])}` : undefined;

type Listing = readonly (readonly [file: string, toHex: (address: string) => string | undefined])[];
const IPV4: Listing = [
  ["/proc/net/tcp", ipv4],
  ["/proc/net/tcp6", mapped],
];
const IPV6: Listing = [["/proc/net/tcp6", ipv6]];

/**
 * Whether a user id that the kernel reports identifies one user. In a namespace that does not map all users, those that
 * are not mapped are all reported as 65534, so a recorder that runs as 65534 there cannot know its own.
 */
export function isTellable(uid: number): boolean {
  if (uid !== OVERFLOW_UID) return true;
  try {
    return /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "latin1"));
  } catch {
    return false;
  }
}
