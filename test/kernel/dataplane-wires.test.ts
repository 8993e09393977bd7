/** What the data plane speaks besides HTTP/1.1: TLS, HTTP/2, gRPC, bytes, datagrams, the PROXY protocol. */
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2, type ClientHttp2Session } from "node:http2";
import { createServer as createTcp, type Socket } from "node:net";
import { connect as connectTls, createServer as createTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readProxyHeader, writeProxyHeader } from "../../src/dataplane/proxy-header.ts";
import type { Backend, Listener, RoutingTable } from "../../src/routing/model.ts";
import { runProbes } from "../../src/services/probe/run-probes.ts";
import { openListener } from "../../src/services/serve/listen.ts";
import { eventually } from "../wait.ts";
import { cause, ADDRESS, at, L7Net, selfSigned, tableOf, type Echo, type TestCertificate } from "./l7-net.ts";

let net: L7Net;
let shop: TestCertificate;
let other: TestCertificate;
let pairs: Record<string, TestCertificate>;

beforeAll(async () => {
  net = new L7Net({ head: 1000 });
  [shop, other] = [selfSigned("DNS:shop.example", "URI:spiffe://shop"), selfSigned("DNS:*.other.example")];
  pairs = { shop, other };
  await net.ready();
  net.serveEcho("a");
  net.serveEcho("b");
});
afterAll(() => net.remove());

const both = { web: { endpoints: [at("a"), at("b")] } };
const secure: Partial<Listener> = { protocol: "https", certificates: ["other", "shop"] };

async function tls(servername: string, options: object = {}): Promise<TLSSocket> {
  const socket = connectTls({ socket: await net.connect(), servername, rejectUnauthorized: false, ...options });
  await new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
  return socket;
}

/** One request by HTTP/2. */
async function ask2(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: Buffer,
): Promise<{ headers: Record<string, unknown>; trailers: Record<string, unknown>; body: string }> {
  const stream = session.request(
    { ":path": "/", ":authority": "shop.example", ...headers },
    { endStream: body === undefined },
  );
  if (body !== undefined) stream.end(body);
  let trailers = {};
  stream.on("trailers", (got) => (trailers = { ...got }));
  const [got] = (await once(stream, "response")) as [Record<string, unknown>];
  let said = "";
  for await (const chunk of stream) said += String(chunk);
  return { headers: got, trailers, body: said };
}

describe("TLS", () => {
  test("the certificate is the one of the name, else the first", async () => {
    net.serve([{}], both, secure, pairs);
    const shown = async (name: string): Promise<string | undefined> => {
      const socket = await tls(name);
      const { subjectaltname } = socket.getPeerCertificate();
      socket.destroy();
      return subjectaltname;
    };
    expect(await shown("shop.example")).toContain("DNS:shop.example");
    expect(await shown("a.other.example")).toBe("DNS:*.other.example");
    expect(await shown("unknown.example")).toBe("DNS:*.other.example");
  });

  test("a backend learns that the client came by TLS", async () => {
    net.serve([{}], both, secure, pairs);
    const { headers } = await net.echo("/", { socket: await tls("shop.example") });
    expect(headers).toMatchObject({ "x-forwarded-proto": "https", "x-scheme": "https" });
  });

  test("a name that no listener has fails the handshake, a host of another listener is 421", async () => {
    const table = tableOf([{}], both, { ...secure, hostname: "shop.example", name: "shop" });
    const more = tableOf([{}], both, { ...secure, hostname: "*.other.example", name: "other" });
    const ports = table.ports.map((port, i) => ({
      ...port,
      listeners: [...port.listeners, ...(more.ports[i]?.listeners ?? [])],
    }));
    net.proxy.set({ ...table, ports }, pairs);
    await expect(tls("nowhere.example")).rejects.toThrow(/unrecognized name/i);
    const headers = { host: "a.other.example" };
    expect((await net.ask("/", { socket: await tls("shop.example"), headers })).status).toBe(421);
    expect((await net.ask("/", { socket: await tls("shop.example") })).status).toBe(200);
  });

  test("a client must show a certificate of the authority", async () => {
    const clientCertificates = { authorities: [shop.certificate], mode: "required" } as const;
    net.serve([{}], both, { ...secure, clientCertificates }, pairs);
    await expect(tls("shop.example").then((socket) => net.ask("/", { socket }))).rejects.toThrow();
    const wrong = { cert: other.certificate, key: other.key };
    await expect(tls("shop.example", wrong).then((socket) => net.ask("/", { socket }))).rejects.toThrow();
    const right = { cert: shop.certificate, key: shop.key };
    expect((await net.ask("/", { socket: await tls("shop.example", right) })).status).toBe(200);
    net.serve([{}], both, { ...secure, clientCertificates: { ...clientCertificates, mode: "optional" } }, pairs);
    expect((await net.ask("/", { socket: await tls("shop.example", wrong) })).status).toBe(200);
  });

  test("a filter answers clients without a certificate, with a wrong one, and with one of another name", async () => {
    const clientCertificates = { authorities: [shop.certificate], mode: "optional" } as const;
    const judged = { kind: "client-certificate", required: true, cause } as const;
    const statusOf = async (subject: string | undefined, options?: object): Promise<number> => {
      net.serve([{ filters: [{ ...judged, subject }] }], both, { ...secure, clientCertificates }, pairs);
      return (await net.ask("/", { socket: await tls("shop.example", options) })).status;
    };
    const right = { cert: shop.certificate, key: shop.key };
    expect(await statusOf(undefined)).toBe(400);
    expect(await statusOf(undefined, { cert: other.certificate, key: other.key })).toBe(400);
    expect(await statusOf("^CN=test$", right)).toBe(200);
    expect(await statusOf("CN=other", right)).toBe(403);
  });

  test("passthrough hands the connection on as it is; tls ends it and hands on bytes", async () => {
    const server = createTls({ cert: shop.certificate, key: shop.key }, (socket) => socket.end("from the backend"));
    server.listen({ fd: openListener(net.net.netns("a"), "tcp", 443) });
    net.keep(server);
    const backends: Record<string, Partial<Backend>> = { web: { protocol: "tcp", endpoints: [at("a", 443)] } };
    net.serve([{}], backends, { protocol: "passthrough", hostname: "shop.example" });
    const socket = await tls("shop.example", { ca: shop.certificate, rejectUnauthorized: true });
    expect(String((await once(socket, "data"))[0])).toBe("from the backend");
    await expect(tls("nowhere.example")).rejects.toThrow();
    net.serve(
      [{}],
      { web: { protocol: "tcp", endpoints: [at("a")] } },
      { protocol: "tls", certificates: ["shop"] },
      pairs,
    );
    expect((await net.ask("/", { socket: await tls("shop.example") })).status).toBe(200);
  });

  test("a backend's certificate must have one of the names and come from the authority", async () => {
    const server = createTls({ cert: shop.certificate, key: shop.key }, (socket: TLSSocket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${String(socket.servername)}`));
    });
    server.listen({ fd: openListener(net.net.netns("a"), "tcp", 444) });
    net.keep(server);
    const status = async (with_: Backend["tls"]): Promise<number | string> => {
      net.serve([{}], { web: { endpoints: [at("a", 444)], tls: with_ } });
      const answer = await net.ask();
      return answer.status === 200 ? answer.body : answer.status;
    };
    const authorities = [shop.certificate];
    expect(await status({ serverName: "shop.example", names: ["shop.example"], authorities })).toBe("shop.example");
    expect(await status({ serverName: "shop.example", names: ["wrong.example"], authorities })).toBe(502);
    expect(await status({ serverName: "shop.example", uris: ["spiffe://shop"], authorities })).toBe("shop.example");
    expect(await status({ serverName: "shop.example", uris: ["spiffe://other"], authorities })).toBe(502);
    expect(await status({ names: ["shop.example"], authorities: [other.certificate] })).toBe(502);
    expect(await status({ serverName: "x.example" })).toBe("x.example");
  });
});

describe("HTTP/2", () => {
  test.each(["with TLS", "without"])("many requests on one connection, %s", async (how) => {
    const isTls = how === "with TLS";
    net.serve([{}], both, isTls ? secure : {}, pairs);
    const socket = isTls ? await tls("shop.example", { ALPNProtocols: ["h2"] }) : await net.connect();
    const session = connectHttp2("http://shop.example", { createConnection: () => socket });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ask2(session, { ":method": "POST" }, Buffer.from(`body ${i}`))),
    );
    session.destroy();
    expect(answers.map(({ body }) => (JSON.parse(body) as Echo).body)).toEqual(answers.map((_, i) => `body ${i}`));
  });

  test("gRPC: trailers come through a backend with HTTP/2, and errors are its own", async () => {
    const server = createHttp2();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "7", "grpc-message": "no" }));
      stream.pipe(stream);
    });
    server.listen({ fd: openListener(net.net.netns("a"), "tcp", 50051) });
    net.keep(server);
    net.serve([{}], { web: { protocol: "h2", endpoints: [at("a", 50051)] } });
    const socket: Socket = await net.connect();
    const session = connectHttp2("http://shop.example", { createConnection: () => socket });
    const grpc = { ":method": "POST", "content-type": "application/grpc", te: "trailers", ":path": "/a.B/C" };
    const answer = await ask2(session, grpc, Buffer.from("message"));
    expect([answer.headers[":status"], answer.body]).toEqual([200, "message"]);
    expect(answer.trailers).toMatchObject({ "grpc-status": "7", "grpc-message": "no" });
    net.serve([{}], { web: { protocol: "h2", endpoints: [] } });
    const failed = await ask2(session, grpc, Buffer.from("message"));
    expect(failed.headers).toMatchObject({ ":status": 200, "grpc-status": "14", "content-type": "application/grpc" });
    session.destroy();
  });
});

describe("bytes", () => {
  const says = (name: "a" | "b", port: number, text: string): void => {
    const server = createTcp({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.write(text);
      socket.on("data", (chunk) => socket.write(chunk)).on("end", () => socket.end("bye"));
    });
    server.listen({ fd: openListener(net.net.netns(name), "tcp", port) });
    net.keep(server);
  };

  test("TCP: the backend may speak first; one direction may end before the other", async () => {
    says("a", 7000, "hello ");
    net.serve([{}], { web: { protocol: "tcp", endpoints: [at("a", 7000)] } }, { protocol: "tcp" });
    const socket = await net.connect();
    let said = "";
    socket.on("data", (chunk) => (said += String(chunk)));
    await eventually(
      () => said,
      (text) => text === "hello ",
    );
    socket.end("ping ");
    await once(socket, "end");
    expect(said).toBe("hello ping bye");
    socket.destroy();
  });

  test("TCP: another endpoint is tried; where there is none the connection is reset", async () => {
    net.serve([{}], { web: { protocol: "tcp", endpoints: [at("a", 9), at("a", 7000)] } }, { protocol: "tcp" });
    for (let i = 0; i < 2; i++) expect(await net.raw("x", (text) => text.includes("hello x"))).toBe("hello x");
    net.serve([{}], { web: { protocol: "tcp", endpoints: [at("a", 9)] } }, { protocol: "tcp" });
    const socket = await net.connect();
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNRESET");
  });

  test("UDP: each client has its endpoint, and answers come from the address that was asked", async () => {
    net.net.serve("a", 53, "udp", "a");
    net.net.serve("b", 53, "udp", "b");
    const backends: Record<string, Partial<Backend>> = {
      web: { protocol: "udp", endpoints: [at("a", 53), at("b", 53)] },
    };
    net.proxy.set(tableOf([{}], backends, { protocol: "udp" }, 5300), {});
    const probe = { kind: "udp", ns: "client", to: ADDRESS.proxy, port: 5300, timeout: 5000 } as const;
    const results = await runProbes([probe, probe, probe, probe], net.net.netns);
    expect(results.map(({ outcome }) => outcome)).toEqual(["open", "open", "open", "open"]);
    expect(new Set(results.map(({ hostname }) => hostname))).toEqual(new Set(["a", "b"]));
  });
});

describe("the PROXY protocol", () => {
  const withProxy = (table: RoutingTable): RoutingTable => ({
    ...table,
    ports: table.ports.map((port) => ({ ...port, proxyProtocol: true })),
  });
  const from = { source: { address: "192.0.2.7", port: 1234 }, destination: { address: "192.0.2.1", port: 80 } };

  test.each([1, 2] as const)("version %s says who a client is; without it the connection is reset", async (version) => {
    net.proxy.set(withProxy(tableOf([{}], both)), {});
    const request = Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const said = await net.raw(Buffer.concat([writeProxyHeader(version, from), request]));
    expect(said).toContain('"x-real-ip":"192.0.2.7"');
    expect(await net.raw(request)).toBe("");
    // In pieces: TLS after the header.
    net.proxy.set(withProxy(tableOf([{}], both, secure)), pairs);
    const socket = await net.connect();
    socket.write(writeProxyHeader(version, from));
    const secured = connectTls({ socket, servername: "shop.example", rejectUnauthorized: false });
    expect((await net.echo("/", { socket: secured })).headers["x-forwarded-for"]).toBe("192.0.2.7");
  });

  test.each([1, 2] as const)("version %s is sent to a backend that asks for it", async (version) => {
    let got: Buffer = Buffer.alloc(0);
    const server = createTcp((socket) => {
      socket
        .on("error", () => undefined)
        .once("data", (chunk) => {
          got = chunk;
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
    });
    server.listen({ fd: openListener(net.net.netns("b"), "tcp", 7100 + version) });
    net.keep(server);
    net.serve([{}], { web: { endpoints: [at("b", 7100 + version)], sendProxy: version } });
    expect((await net.ask()).status).toBe(200);
    const header = readProxyHeader(got);
    expect(header).toMatchObject({
      addresses: { source: { address: ADDRESS.client }, destination: { address: ADDRESS.proxy, port: 80 } },
    });
  });
});

describe("requests that are none", () => {
  const end = "\r\n\r\n";
  test.each([
    ["two lengths", `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4${end}abcd`],
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked${end}0${end}`,
    ],
    ["another coding", `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked${end}`],
    ["chunked not last", `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity${end}0${end}`],
    ["chunks in HTTP/1.0", `POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked${end}0${end}`],
    ["a folded header", `GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b${end}`],
    ["a bare LF", `GET / HTTP/1.1\r\nHost: x\nX: 1${end}`],
    ["a bare CR", `GET / HTTP/1.1\r\nHost: x\r\nX: a\rb${end}`],
    ["a NUL", `GET / HTTP/1.1\r\nHost: x\r\nX: a\0b${end}`],
    ["a space before the colon", `GET / HTTP/1.1\r\nHost : x${end}`],
    ["no Host", `GET / HTTP/1.1\r\nX: y${end}`],
    ["two Hosts", `GET / HTTP/1.1\r\nHost: x\r\nHost: y${end}`],
    ["a Host that is none", `GET / HTTP/1.1\r\nHost: x/y@z${end}`],
    ["a space in the target", `GET /a b HTTP/1.1\r\nHost: x${end}`],
  ])("%s: 400, and no backend sees it", async (_what, bytes) => {
    net.serve([{}], both);
    const total = net.proxy.log.total;
    expect(await net.raw(bytes, (said) => said.includes(end))).toMatch(/^HTTP\/1\.1 400 /);
    expect(net.proxy.log.last(net.proxy.log.total - total).every(({ backend }) => backend === undefined)).toBe(true);
  });

  test("a head that is too long is 431, one that does not end 408; both are closed", async () => {
    net.serve([{}], both);
    expect(await net.raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(70_000)}${end}`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await net.raw("GET / HTTP/1.1\r\nHost: x\r\n")).toMatch(/^HTTP\/1\.1 408 /);
    expect(await net.raw("PRI")).toBe("");
  });
});
