import fc from "fast-check";
import { expect, test } from "vitest";
import type { HeaderList } from "../../../src/dataplane/answer-sink.ts";
import { ResponseParser } from "../../../src/dataplane/response-parser.ts";

interface Read {
  status?: number;
  headers?: HeaderList;
  body: string;
  trailers?: HeaderList;
  reusable?: boolean;
  upgraded?: string;
  mistake?: string;
  ended: number;
}

/** Of bytes that come in these pieces. */
function read(pieces: readonly string[], method = "GET", closes = false): Read {
  const found: Read = { body: "", ended: 0 };
  const parser = new ResponseParser(method, {
    head: (status, headers) => Object.assign(found, { status, headers }),
    data: (chunk) => (found.body += chunk.toString("latin1")),
    complete: (trailers, reusable) => Object.assign(found, { trailers, reusable, ended: found.ended + 1 }),
    upgraded: (first) => Object.assign(found, { upgraded: first.toString("latin1"), ended: found.ended + 1 }),
    malformed: (mistake) => Object.assign(found, { mistake, ended: found.ended + 1 }),
  });
  for (const piece of pieces) parser.push(Buffer.from(piece, "latin1"));
  if (closes) parser.eof();
  return found;
}

const OK = "HTTP/1.1 200 OK\r\n";
const ANSWERS = {
  length: `${OK}Content-Length: 5\r\nX: a\r\nX: b\r\n\r\nhello`,
  chunks: `${OK}Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nGrpc-Status: 0\r\n\r\n`,
  early: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  switched: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nbytes",
} as const;

test("lengths, chunks and trailers, answers before the answer", () => {
  expect(read([ANSWERS.length])).toMatchObject({ status: 200, body: "hello", reusable: true });
  expect(read([ANSWERS.length]).headers).toEqual(["Content-Length", "5", "X", "a", "X", "b"]);
  expect(read([ANSWERS.chunks])).toMatchObject({ body: "hello", trailers: ["Grpc-Status", "0"], reusable: true });
  expect(read([ANSWERS.early])).toMatchObject({ status: 200, ended: 1 });
  expect(read([ANSWERS.switched])).toMatchObject({ status: 101, upgraded: "bytes" });
});

test("no body, whatever length the head has", () => {
  expect(read([`${OK}Content-Length: 5\r\n\r\n`], "HEAD")).toMatchObject({ body: "", ended: 1, reusable: true });
  expect(read(["HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"])).toMatchObject({ ended: 1 });
});

test("until the connection ends, and how long it lasts", () => {
  expect(read([`${OK}\r\nhello`]).ended).toBe(0);
  expect(read([`${OK}\r\nhello`], "GET", true)).toMatchObject({ body: "hello", ended: 1, reusable: false });
  expect(read([`${OK}Connection: close\r\nContent-Length: 0\r\n\r\n`]).reusable).toBe(false);
  expect(read(["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"]).reusable).toBe(false);
});

test.each([
  `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
  `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${OK}Content-Length: +5\r\n\r\nhello`,
  `${OK}Transfer-Encoding: gzip\r\n\r\n`,
  `${OK}X: a\r\n b\r\n\r\n`,
  `${OK}X: a\rb\r\n\r\n`,
  `${OK}X: a\nY: b\r\n\r\n`,
  `${OK}X : a\r\n\r\n`,
  `${OK}no colon\r\n\r\n`,
  "HTTP/2 200\r\n\r\n",
  "HTTP/1.1 20 OK\r\n\r\n",
  "ICY 200 OK\r\n\r\n",
  `${OK}Transfer-Encoding: chunked\r\n\r\nz\r\n`,
  `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n`,
  `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\n`,
  `${OK}${"X: y\r\n".repeat(20_000)}`,
])("%# is refused", (text) => {
  const { mistake, ended } = read([text]);
  expect(mistake).toBeDefined();
  expect(ended).toBe(1);
});

test("it is the same however the bytes are cut", () => {
  const text = fc.constantFrom(...Object.values(ANSWERS));
  fc.assert(
    fc.property(text, fc.array(fc.nat(120), { maxLength: 10 }), (whole, cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const pieces = places.map((at, i) => whole.slice(at, places[i + 1]));
      const { upgraded, ...rest } = read(pieces);
      const { upgraded: all, ...others } = read([whole]);
      expect(rest).toEqual(others);
      // What follows the head is the new owner's, from the socket.
      expect(all?.startsWith(upgraded ?? "")).toBe(all === undefined ? undefined : true);
    }),
  );
});

test("whatever comes, it ends at most once and does not throw", () => {
  const bits = fc.constantFrom(
    OK,
    "\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "3\r\nabc\r\n",
    "0\r\n",
    "abc",
    "\n",
    "X: \0\r\n",
  );
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 12 }), (pieces) => {
      expect(read(pieces, "GET", true).ended).toBeLessThanOrEqual(1);
    }),
  );
});
