/**
 * Random requests of hostile clients and random answers of broken backends, by a seed. Whatever they say: the proxy does not fail, a backend
 * is sent well-formed requests only, each of which the proxy has made (with its X-Request-ID: one that was smuggled in a body has none),
 * and the next client is served.
 */
import { createServer as createTcp } from "node:net";
import { expect } from "vitest";
import { randomOf } from "../../src/net/seeded-random.ts";
import { openListener } from "../../src/services/serve/listen.ts";
import { at, type L7Net } from "./l7-net.ts";

type Pick = <T>(list: readonly T[]) => T;

const SIDE_BY_SIDE = 16;
/** Milliseconds without a byte, after which an answer is not waited for any longer: the rest of a request is missing. */
const SILENCE = 150;

const METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get", "G ET", "PRI", ""];
const TARGETS = [
  "/",
  "/a?b=c",
  "*",
  "http://x/y",
  "//x",
  "/%00",
  "/a b",
  "/\x7f",
  "x",
  "/../..",
  "/#f",
  `/${"a".repeat(3000)}`,
];
const VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", ""];
const HEADERS = [
  "Host: x", "Host: y", "Host : x", "host:x", "Host: a/b", "Content-Length: 5", "Content-Length: 0", "Content-Length: -1",
  "Content-Length: 5, 5", "Content-Length:\t5", "Content-Length: 0x5", "Transfer-Encoding: chunked", "Transfer-Encoding: Chunked",
  "Transfer-Encoding: chunked, chunked", "Transfer-Encoding:\x0bchunked", "Transfer-Encoding: identity", "transfer_encoding: chunked",
  "Connection: keep-alive", "Connection: close", "Connection: Content-Length", "Connection: x-request-id, host", "Connection: Upgrade",
  "Upgrade: websocket", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Expect: 100-continue", "Expect: 200-ok", "TE: trailers",
  "Trailer: Host", "X-Request-ID: mine", "X: a\r\n folded", "X: a\rb", "X: a\nY: b", "X: \0", "X", ": y", " X: y", "X:", `X: ${"z".repeat(40_000)}`,
]; // prettier-ignore
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
const BODIES = ["", "hello", "5\r\nhello\r\n0\r\n\r\n", `0\r\n\r\n${SMUGGLED}`, `hello${SMUGGLED}`, `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`, "fffffffffffffffff\r\n", "5;a=\"b\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "0\r\nX-Request-ID: y\r\nContent-Length: 4\r\n\r\n", SMUGGLED]; // prettier-ignore

function request(pick: Pick, random: () => number): string {
  const usual = random() < 0.5;
  const lines = [
    `${usual ? pick(["GET", "POST"]) : pick(METHODS)} ${usual ? "/" : pick(TARGETS)} ${usual ? "HTTP/1.1" : pick(VERSIONS)}`,
  ];
  if (random() < 0.8) lines.push("Host: shop.example");
  for (let count = Math.floor(random() * 4); count > 0; count--) lines.push(pick(HEADERS));
  const whole = `${lines.join(random() < 0.97 ? "\r\n" : "\n")}\r\n\r\n${pick(BODIES)}`;
  if (random() < 0.8) return whole;
  const place = Math.floor(random() * whole.length);
  return (
    whole.slice(0, place) +
    String.fromCharCode(Math.floor(random() * 256)) +
    whole.slice(place + Math.floor(random() * 3))
  );
}

const STATUS = ["HTTP/1.1 200 OK", "HTTP/1.1 204 No Content", "HTTP/1.1 304 Not Modified", "HTTP/1.1 100 Continue", "HTTP/1.1 101 Switching", "HTTP/1.0 200 OK", "HTTP/1.1 999 X", "HTTP/1.1 2000 X", "garbage", ""]; // prettier-ignore
const ANSWERED = ["Content-Length: 5", "Content-Length: 7", "Content-Length: 5, 5", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Connection: close", "Connection: keep-alive", "Set-Cookie: a=1", "X: a\r\n b", "X: a\rb", "X: \0", "X", "Upgrade: websocket", "Trailer: x"]; // prettier-ignore

function answer(pick: Pick, random: () => number): string {
  const lines = [random() < 0.6 ? "HTTP/1.1 200 OK" : pick(STATUS)];
  for (let count = Math.floor(random() * 4); count > 0; count--) lines.push(pick(ANSWERED));
  return `${lines.join("\r\n")}\r\n\r\n${pick(["", "hello", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhello", "hello!!", "zz\r\n"])}`;
}

function chance(seed: number): { pick: Pick; random: () => number } {
  const random = randomOf(seed);
  return { random, pick: (list) => list[Math.floor(random() * list.length)] as (typeof list)[number] };
}

/** Sends bytes, half of them in two pieces, and waits for the end or for silence. */
async function send(net: L7Net, bytes: string, cut: number): Promise<void> {
  const socket = await net.connect();
  await new Promise<void>((resolve) => {
    const end = (): void => {
      socket.destroy();
      resolve();
    };
    socket.setTimeout(SILENCE, end);
    for (const event of ["end", "error", "close"]) socket.on(event, end);
    socket.resume();
    socket.write(bytes.slice(0, cut), "latin1");
    if (cut < bytes.length) socket.write(bytes.slice(cut), "latin1");
  });
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
}

export async function fuzzRequests(net: L7Net, count: number, seed: number): Promise<void> {
  const { pick, random } = chance(seed);
  const wrong: string[] = [];
  let seen = 0;
  const server = net.serveHttp("a", 90, (incoming, response) => {
    seen++;
    const ids = incoming.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "x-request-id");
    if (ids.length !== 1) wrong.push(`${incoming.method} ${incoming.url}: ${ids.length} request ids`);
    incoming.on("error", () => undefined).resume();
    incoming.on("end", () => response.end("ok"));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // A client that breaks off in the middle of a body does so here as well.
    if (error.code !== "ECONNRESET" && error.code !== "HPE_INVALID_EOF_STATE") wrong.push(`malformed: ${error.code}`);
    socket.destroy();
  });
  net.serve([{}], { web: { endpoints: [at("a", 90)] } });
  await inParallel(count, async () => {
    const bytes = request(pick, random);
    await send(net, bytes, random() < 0.5 ? bytes.length : Math.floor(random() * bytes.length));
  });
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(count / 20);
  expect((await net.ask()).body).toBe("ok");
}

export async function fuzzAnswers(net: L7Net, count: number, seed: number): Promise<void> {
  const { pick, random } = chance(seed);
  const server = createTcp((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const bytes = answer(pick, random);
      const cut = Math.floor(random() * bytes.length);
      socket.write(bytes.slice(0, cut), "latin1");
      setImmediate(() =>
        random() < 0.5 ? socket.end(bytes.slice(cut), "latin1") : socket.write(bytes.slice(cut), "latin1"),
      );
    });
  });
  server.listen({ fd: openListener(net.net.netns("b"), "tcp", 91) });
  net.keep(server);
  net.serveEcho("a", 92);
  const bad = { match: { path: { kind: "exact", value: "/bad" } }, timeouts: { read: SILENCE } } as const;
  const good = {
    action: { kind: "forward", to: [{ backend: "good", weight: 1, cause: { object: "", reason: "" } }] },
  } as const;
  net.serve([bad, good], { web: { endpoints: [at("b", 91)] }, good: { endpoints: [at("a", 92)] } });
  await inParallel(count, async () => {
    const answered = await net.ask("/bad").catch((error: NodeJS.ErrnoException) => error);
    // Node's own strict parser has read it, or it was broken off.
    if (answered instanceof Error) expect(["ECONNRESET", "HPE_INVALID_EOF_STATE", undefined]).toContain(answered.code);
    else expect(Object.values(answered.headers).join("")).not.toMatch(/[\r\n\0]/);
  });
  expect((await net.echo()).who).toBe("a");
}
