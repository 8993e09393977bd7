/** Looks of readiness probes by gRPC and HTTPS, at the built-in server and at others: client 10.0.1.2 <-> router <-> server 10.0.2.2. */
import { createServer as createHttp2Server } from "node:http2";
import type { ServerHttp2Stream } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SERVING_RESPONSE } from "../../src/services/grpc-health.ts";
import { serverCertificate } from "../../src/services/serve/certificate.ts";
import { openListener } from "../../src/services/serve/listen.ts";
import { dial } from "../../src/services/watch/dial.ts";
import { lookByGrpc } from "../../src/services/watch/grpc-look.ts";
import { lookByTls } from "../../src/services/watch/https-look.ts";
import { Watch } from "../../src/services/watch/readiness-watch.ts";
import type { LabRuntime } from "../../src/apply/runtime.ts";
import type { Looking, WatchResource } from "../../src/resources/watch/definition.ts";
import type { ProbeNet } from "./probe-net.ts";
import { routed } from "./probe-net.ts";

const SERVER = "10.0.2.2";
const SERVER6 = "fd00:2::2";
const TIMEOUT = 5000;

let net: ProbeNet;
const servers: Server[] = [];

/** A server of Node's own in the namespace `server`. */
function listen(server: Server, port: number): void {
  server.listen({ fd: openListener(net.netns("server"), "tcp", port) });
  servers.push(server);
}

const asked: string[] = [];
function answerHealth(stream: ServerHttp2Stream, path: string, service: string): void {
  asked.push(`${path} ${service}`);
  if (service === "unknown") {
    stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "5" }, { endStream: true });
    return;
  }
  if (service === "silent") return;
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": service === "failing" ? "14" : "0" }));
  const answer = Buffer.from(SERVING_RESPONSE);
  if (service === "ill") answer[answer.length - 1] = 2; // NOT_SERVING
  stream.end(service === "empty" ? Buffer.alloc(5) : answer);
}

beforeAll(async () => {
  net = routed();
  await net.ready("client", SERVER, SERVER6);
  net.serve("server", 80, "tcp", "web-0");
  const grpc = createHttp2Server();
  grpc.on("stream", (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on("data", (bytes: Buffer) => parts.push(bytes));
    // Behind the frame's five bytes and the field's two; nothing there: the whole server.
    stream.on("end", () => answerHealth(stream, headers[":path"] ?? "", Buffer.concat(parts).toString("utf8", 7)));
  });
  listen(grpc, 5000);
  listen(
    createHttpsServer(serverCertificate(), (request, response) => {
      if (request.url === "/silent") return;
      response.writeHead(request.headers["x-want"] === "302" ? 302 : request.url === "/ready" ? 200 : 503).end("x");
    }),
    5001,
  );
});
afterAll(() => {
  for (const server of servers) server.close();
  net.remove();
});

const grpc = (service: string, port = 5000, host = SERVER, timeout = TIMEOUT): Promise<boolean> =>
  lookByGrpc(net.netns("client"), { host, port, service, timeout });
const https = (path: string, port = 5001, host = SERVER, headers = {}, timeout = TIMEOUT) =>
  lookByTls(net.netns("client"), { kind: "http", ns: "client", to: host, port, timeout, method: "GET", path, headers });

describe("gRPC", () => {
  it("asks grpc.health.v1.Health/Check for the service; only SERVING passes", async () => {
    expect(await grpc("")).toBe(true);
    expect(await grpc("db.Store")).toBe(true);
    expect(await grpc("ill")).toBe(false);
    expect(await grpc("empty")).toBe(false);
    expect(await grpc("failing")).toBe(false);
    expect(await grpc("unknown")).toBe(false);
    expect(asked.slice(0, 2)).toEqual(["/grpc.health.v1.Health/Check ", "/grpc.health.v1.Health/Check db.Store"]);
  });

  it("an answer that does not come, a closed port, a server that speaks something else: no", async () => {
    await expect(grpc("silent", 5000, SERVER, 200)).rejects.toThrow("timeout");
    await expect(grpc("", 5999)).rejects.toThrow("ECONNREFUSED");
    expect(await grpc("", 5001).catch(() => false)).toBe(false);
    expect(() => dial(net.netns("client"), "localhost", 80)).toThrow("localhost is not an address");
  });

  it.each([SERVER, SERVER6])("the built-in server at %s is in good health", async (host) => {
    expect(await grpc("", 80, host)).toBe(true);
    expect(await grpc("any.Service", 80, host)).toBe(true);
  });
});

describe("HTTPS", () => {
  it("goes by the status, whatever the certificate", async () => {
    expect(await https("/ready")).toBe(200);
    expect(await https("/other")).toBe(503);
    expect(await https("/other", 5001, SERVER6, { "x-want": "302" })).toBe(302);
  });

  it("an answer that does not come, a closed port, a server without TLS: no", async () => {
    await expect(https("/silent", 5001, SERVER, {}, 200)).rejects.toThrow("timeout");
    await expect(https("/", 5999)).rejects.toThrow("ECONNREFUSED");
    await expect(https("/", 5000)).rejects.toThrow();
  });

  it.each([SERVER, SERVER6])("the built-in server at %s answers as in the clear", async (host) => {
    expect(await https("/hostname", 80, host)).toBe(200);
    expect(await https("/nothing", 80, host)).toBe(404);
  });
});

it("a startup probe gates the readiness probe, and counts alone until it has passed", async () => {
  const tcp = (port: number): Looking => ({
    look: { kind: "tcp", host: SERVER, port },
    initialDelay: 0,
    period: 20,
    timeout: TIMEOUT,
    success: 1,
    failure: 2,
  });
  const cause = { source: { file: "t", line: 1, column: 1 }, object: "pod", reason: "probe" };
  const base = { kind: "watch", id: "w", node: "client", ns: "client", name: "w", cause } as const;
  const subject = { kind: "pod", name: "default/p" } as const;
  const runtime = { netns: (ns: string) => net.netns(ns) } as unknown as LabRuntime;
  let connected = 0;
  listen(
    createHttpsServer().on("connection", () => connected++),
    5002,
  );
  const start = (more: Partial<WatchResource>): Watch => {
    const watch = new Watch({ ...base, subject, ...tcp(5002), ...more }, runtime, () => undefined);
    watch.begin();
    return watch;
  };
  const both = start({ startup: { ...tcp(5003), ns: "client" } });
  const alone = start({ ...tcp(5003), once: true });
  try {
    for (const watch of [both, alone]) await vi.waitFor(() => expect(watch.decided).toBe(true), { timeout: 20_000 });
    expect([both.ok, alone.ok, connected]).toEqual([false, false, 0]);
    const door = createHttpsServer();
    listen(door, 5003);
    for (const watch of [both, alone]) await vi.waitFor(() => expect(watch.ok).toBe(true), { timeout: 20_000 });
    expect(connected).toBeGreaterThan(0);
    // Passed once is passed: what asks the other port goes on.
    door.close();
    const before = connected;
    await vi.waitFor(() => expect(connected).toBeGreaterThan(before + 3), { timeout: 20_000 });
    expect([both.ok, alone.ok]).toEqual([true, true]);
  } finally {
    both.stop();
    alone.stop();
  }
});

it("a connection to the built-in server that Node has taken over ends with the server", async () => {
  const server = net.serve("server", 81, "tcp", "web-1");
  const socket = dial(net.netns("client"), SERVER, 81);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined).write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  await new Promise((resolve) => socket.once("data", resolve)); // its SETTINGS
  expect(server.connections).toBe(1);
  server.stop();
  await closed;
  await vi.waitFor(() => expect(server.connections).toBe(0), { timeout: 20_000 });
});
