/** JSON lines over a byte stream: splits what comes in, gathers what goes out into one write per turn of the event loop. */
import type { Readable, Writable } from "node:stream";

/** Large requests and answers come in portions of well under a megabyte; this has room for what cannot be divided. */
const LINE_LIMIT = 256 * 1024 * 1024;

/** Milliseconds for data in flight after writing has failed. */
const LAST_WORDS = 1000;

export interface JsonLines {
  send(message: unknown): void;
  /** Resolves when all that was sent is with the kernel. */
  flush(): Promise<void>;
  close(): void;
}

/** `onEnd` is called once: end of input, an error of either stream, or a line that is not JSON or has more than `limit` bytes. */
export function openJsonLines(
  input: Readable,
  output: Writable,
  onMessage: (message: unknown) => void,
  onEnd: () => void,
  limit = LINE_LIMIT,
): JsonLines {
  let chunks: Buffer[] = [];
  let size = 0;
  let outgoing = "";
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    onEnd();
  };
  const take = (line: Buffer): void => {
    if (line.length === 0 || ended) return;
    let message: unknown;
    try {
      message = JSON.parse(line.toString("utf8"));
    } catch {
      end();
      return;
    }
    onMessage(message);
  };
  input.on("data", (chunk: Buffer) => {
    let rest = chunk;
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      chunks.push(rest.subarray(0, at));
      const line = chunks.length === 1 ? (chunks[0] ?? rest) : Buffer.concat(chunks);
      chunks = [];
      size = 0;
      rest = rest.subarray(at + 1);
      take(line);
    }
    if (rest.length === 0) return;
    chunks.push(rest);
    size += rest.length;
    if (size > limit) end();
  });
  for (const event of ["end", "close", "error"]) input.on(event, end);
  // When a process ends, the pipe to it may break first: its last output is still in the other pipe.
  const endSoon = (): void => void setTimeout(end, LAST_WORDS).unref();
  for (const event of ["close", "error"]) output.on(event, endSoon);
  const write = (): void => {
    const text = outgoing;
    outgoing = "";
    if (text !== "" && !ended && output.writable) output.write(text);
  };
  return {
    send: (message) => {
      if (outgoing === "") setImmediate(write);
      outgoing += `${JSON.stringify(message)}\n`;
    },
    flush: () =>
      new Promise((resolve) => {
        write();
        if (ended || !output.writable) resolve();
        else output.write("", () => resolve());
      }),
    close: () => {
      write();
      output.end();
      input.destroy();
    },
  };
}
