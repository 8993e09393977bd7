/** Where packets go while they are captured, as pcapng: a stream, a program that shows them, or files of limited size. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { dirname, extname } from "node:path";
import type { Writable } from "node:stream";
import { PcapngStream } from "../capture/pcapng.ts";
import { HostError } from "../errors.ts";
import type { PacketLine } from "../services/capture/protocol.ts";

export interface PacketSink {
  write(line: PacketLine): void;
  /** What came of it, in words. */
  end(): Promise<string>;
  /** Aborts when what reads it has ended. */
  readonly closed?: AbortSignal | undefined;
}

/** Programs that show packets from standard input as they come, with the arguments for that. */
export const LIVE_PROGRAMS = {
  wireshark: ["-k", "-i", "-"],
  tshark: ["-l", "-i", "-"],
  tcpdump: ["-l", "-n", "-r", "-"],
} as const;
export type LiveProgram = keyof typeof LIVE_PROGRAMS;

/** Size in bytes of each file, and how many of the newest are kept. */
export interface Rotation {
  readonly size: number;
  readonly count: number;
}

function blocksOf(stream: PcapngStream, { place, raw }: PacketLine): Uint8Array {
  if (raw === undefined) return new Uint8Array(0);
  const { time, length, linkType, data } = raw;
  return stream.packet(place, linkType, { time: BigInt(time), length, data: Buffer.from(data, "base64") });
}

/** To standard output, which others may have to end. */
export function streamSink(out: Writable, filter: string | undefined): PacketSink {
  const stream = new PcapngStream(filter);
  let packets = 0;
  out.write(stream.header());
  return {
    write(line) {
      packets++;
      out.write(blocksOf(stream, line));
    },
    end: () => Promise.resolve(`${packets} packets`),
  };
}

/** Starts the program; it ends on its own, or with the capture. Throws HostError where it is not installed. */
export async function programSink(program: LiveProgram, filter: string | undefined): Promise<PacketSink> {
  const child = spawn(program, LIVE_PROGRAMS[program], { stdio: ["pipe", "inherit", "inherit"] });
  try {
    await once(child, "spawn");
  } catch (error) {
    throw new HostError(
      `${program} cannot be started: it is not installed here`,
      `apt-get install ${program}, or write -w FILE.pcapng`,
      { cause: error },
    );
  }
  const gone = new AbortController();
  const exited = once(child, "exit").then(() => gone.abort());
  child.stdin.on("error", () => gone.abort());
  const { write, end } = streamSink(child.stdin, filter);
  return {
    write: (line) => void (gone.signal.aborted || write(line)),
    async end() {
      child.stdin.end();
      await exited;
      return `${await end()} shown by ${program}`;
    },
    closed: gone.signal,
  };
}

/** `wire.pcapng` becomes `wire_00001.pcapng`, `wire_00002.pcapng` …, of which the newest `count` stay (mode 0600). */
export function rotatingSink(path: string, { size, count }: Rotation, filter: string | undefined): PacketSink {
  const stream = new PcapngStream(filter);
  const extension = extname(path);
  const base = path.slice(0, path.length - extension.length);
  const nameOf = (number: number): string => `${base}_${String(number).padStart(5, "0")}${extension}`;
  let [number, written, packets] = [0, 0, 0];
  let fd: number | undefined;
  const begin = (): number => {
    if (fd !== undefined) closeSync(fd);
    number++;
    if (number > count) rmSync(nameOf(number - count), { force: true });
    fd = openSync(nameOf(number), "w", 0o600);
    written = writeSync(fd, stream.header());
    return fd;
  };
  mkdirSync(dirname(path), { recursive: true });
  begin();
  return {
    write(line) {
      packets++;
      const file = fd === undefined || written >= size ? begin() : fd;
      written += writeSync(file, blocksOf(stream, line));
    },
    end() {
      if (fd !== undefined) closeSync(fd);
      const first = Math.max(1, number - count + 1);
      const files = first === number ? nameOf(number) : `${nameOf(first)} to ${nameOf(number)}`;
      return Promise.resolve(`${packets} packets captured; the newest are in ${files}`);
    },
  };
}
