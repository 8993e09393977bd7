/**
 * Which containers reach each other by UDP: each sends to all the addresses that another may have, and reports what it
 * received. Started in a container in place of an agent, ends with its stdin.
 */
import { createSocket } from "node:dgram";
import type { Readable, Writable } from "node:stream";

export interface RelayProbeParams {
  /** UDP port to listen on. */
  readonly port: number;
  /** Datagrams without it are foreign. */
  readonly token: string;
  /** Who this is. */
  readonly from: string;
  readonly targets: readonly { readonly address: string; readonly port: number }[];
}

/** One line of JSON: a datagram of `from`, which had sent it to `address`, has arrived here. `from` is empty: we listen. */
export interface Received {
  readonly from: string;
  readonly address: string;
}

/** Milliseconds between two datagrams to the same address. */
const EVERY = 100;
/** Milliseconds after which the result is no longer needed. */
const LIMIT = 30_000;

export function runRelayProbe(
  { port, token, from, targets }: RelayProbeParams,
  stdin: Readable,
  stdout: Writable,
): void {
  const socket = createSocket("udp4");
  const received = new Set<string>();
  const say = (line: Received): void => void stdout.write(`${JSON.stringify(line)}\n`);
  const send = (): void => {
    for (const target of targets) {
      const text = JSON.stringify([token, from, target.address]);
      // An address without a route is not reached.
      socket.send(text, target.port, target.address, () => undefined);
    }
  };
  socket.on("message", (data) => {
    const [theirs, sender, address] = parse(data.toString("utf8"));
    if (theirs !== token || sender === undefined || address === undefined) return;
    const key = `${sender} ${address}`;
    if (received.has(key)) return;
    received.add(key);
    say({ from: sender, address });
  });
  const end = (): never => process.exit(0);
  socket.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  stdin.on("end", end).on("close", end).resume();
  setTimeout(end, LIMIT);
  socket.bind(port, () => {
    say({ from: "", address: "" });
    send();
    setInterval(send, EVERY);
  });
}

function parse(text: string): readonly (string | undefined)[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map((one) => (typeof one === "string" ? one : undefined)) : [];
  } catch {
    return [];
  }
}
