/** The data plane serves HTTP/1.1: headers, tries, timeouts, filters that need more than a decision. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../wait.ts";
import { ADDRESS, at, cause, L7Net, tableOf, to, type Echo } from "./l7-net.ts";

let net: L7Net;
/** What the slow and failing backends were asked. */
const asked: string[] = [];

beforeAll(async () => {
  net = new L7Net({ head: 1000, body: 1000 });
  await net.ready();
  net.serveEcho("a");
  net.serveEcho("b");
  net.serveHttp("a", 81, (request, response) => {
    asked.push(`${request.method} ${request.url} ${String(request.headers["x-code"] ?? "")}`);
    const [, code = "200"] = /^\/code\/(\d+)/.exec(request.url ?? "") ?? [];
    if (request.url === "/never") return;
    if (request.url === "/break") return void request.socket.destroy();
    response.writeHead(Number(code), { "x-from": "a", "set-cookie": ["one=1", "two=2"] });
    response.end(`code ${code}`);
  });
  net.serveHttp("b", 82, (request, response) => {
    const ok = request.headers["x-token"] === "right";
    response.writeHead(ok ? 200 : 401, { "x-user": "jane", "www-authenticate": "Token" });
    response.end();
  });
});
afterAll(() => net.remove());
beforeEach(() => (asked.length = 0));

const both = { web: { endpoints: [at("a"), at("b")] } };
const codes = { web: { endpoints: [at("a", 81)] } };

describe("requests and answers", () => {
  test("endpoints take turns, on one connection of the client", async () => {
    net.serve([{}], both);
    const socket = await net.connect();
    const who: string[] = [];
    for (let i = 0; i < 4; i++) {
      socket.write("GET /x?y=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n");
      const [chunk] = (await once(socket, "data")) as [Buffer];
      who.push((JSON.parse(/\{.*\}/s.exec(chunk.toString())?.[0] ?? "{}") as Echo).who);
    }
    socket.destroy();
    expect(who.toSorted()).toEqual(["a", "a", "b", "b"]);
  });

  test("a backend learns who asks, and nothing of the connection", async () => {
    net.serve([{}], both);
    const { headers, url } = await net.echo("/a%20b?c=d", {
      headers: {
        connection: "close, x-hop",
        "x-hop": "1",
        "x-forwarded-for": "1.2.3.4",
        "x-mine": "kept",
        te: "trailers",
      },
    });
    expect(url).toBe("/a%20b?c=d");
    expect(headers).toMatchObject({
      host: "shop.example",
      "x-real-ip": ADDRESS.client,
      "x-forwarded-for": ADDRESS.client,
      "x-forwarded-host": "shop.example",
      "x-forwarded-port": "80",
      "x-forwarded-proto": "http",
      "x-forwarded-scheme": "http",
      "x-scheme": "http",
      "x-original-forwarded-for": "1.2.3.4",
      "x-mine": "kept",
    });
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(headers["x-hop"]).toBeUndefined();
  });

  test.each(["3", "70000", "3000000"])(
    "a body of %s bytes arrives whole, with a length and in chunks",
    async (size) => {
      net.serve([{}], both);
      const body = Buffer.alloc(Number(size), "0123456789abcdef");
      expect((await net.echo("/", { method: "POST", body })).body).toBe(body.toString());
      const chunked = { method: "POST", body, headers: { "transfer-encoding": "chunked" } };
      expect((await net.echo("/", chunked)).body).toBe(body.toString());
    },
  );

  test("an answer keeps its cookies apart, and filters change it", async () => {
    const filters = [
      { kind: "response-headers", set: [{ name: "X-New", value: "1" }], remove: ["x-from"], cause },
    ] as const;
    net.serve([{ filters }], codes);
    const { status, headers } = await net.ask("/code/418");
    expect(status).toBe(418);
    expect(headers["set-cookie"]).toEqual(["one=1", "two=2"]);
    expect(headers["x-new"]).toBe("1");
    expect(headers["x-from"]).toBeUndefined();
  });

  test("HEAD, 204 and 304 have no body, and the connection stays", async () => {
    net.serve([{}], codes);
    const said = await net.raw(
      "HEAD /code/200 HTTP/1.1\r\nHost: x\r\n\r\nGET /code/204 HTTP/1.1\r\nHost: x\r\n\r\nGET /code/304 HTTP/1.1\r\nHost: x\r\n\r\nGET /code/200 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    expect([...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code)).toEqual(["200", "204", "304", "200"]);
    expect(said.endsWith("code 200") || said.includes("code 200\r\n0\r\n\r\n")).toBe(true);
  });

  test("WebSocket: the connection is the backend's after 101", async () => {
    const server = net.serveHttp("a", 83, (_request, response) => response.writeHead(426).end());
    server.on("upgrade", (request, socket: Socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Key: ${request.headers["sec-websocket-key"] ?? ""}\r\n\r\nhello`,
      );
      socket.on("data", (chunk) => socket.write(chunk));
    });
    net.serve([{}], { web: { endpoints: [at("a", 83)] } });
    const upgrade =
      "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\nping";
    const said = await net.raw(upgrade, (text) => text.endsWith("ping"));
    expect(said).toMatch(/^HTTP\/1\.1 101 .*x-key: abc.*helloping$/is);
    // It is one request as long as it lasts, and no time limit of requests ends it.
    const one = { kind: "concurrency", limit: 1, status: 429, cause } as const;
    const timeouts = { request: 50 };
    const never = { match: { path: { kind: "exact", value: "/never" } }, action: to("never"), timeouts } as const;
    net.serve([never, { filters: [one], timeouts }], {
      web: { endpoints: [at("a", 83)] },
      never: { endpoints: [at("a", 81)] },
    });
    const socket = await net.connect();
    let heard = "";
    socket.on("data", (chunk) => (heard += String(chunk)));
    socket.write(upgrade);
    await eventually(
      () => heard,
      (text) => text.endsWith("helloping"),
    );
    expect([(await net.ask()).status, (await net.ask("/never")).status]).toEqual([429, 504]);
    socket.write("pong");
    expect(
      await eventually(
        () => heard,
        (text) => text.endsWith("pong"),
      ),
    ).toMatch(/hellopingpong$/);
    socket.destroy();
    expect(
      await eventually(
        async () => (await net.ask()).status,
        (status) => status === 426,
      ),
    ).toBe(426);
    expect(await net.raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toContain("426");
  });
});

describe("what goes wrong", () => {
  test("nothing listens, no endpoint, no backend: 502, 503, 500", async () => {
    net.serve([{}], { web: { endpoints: [at("a", 9)] } });
    expect((await net.ask()).status).toBe(502);
    expect(net.proxy.log.last(1)[0]).toMatchObject({
      status: 502,
      reason: "10.0.0.3:9: ECONNREFUSED",
      route: "route 0",
    });
    net.serve([{}], { web: {} });
    expect((await net.ask()).status).toBe(503);
    net.serve([{}], {});
    expect((await net.ask()).status).toBe(500);
  });

  test("another endpoint is tried where one refuses", async () => {
    net.serve([{ retry: { attempts: 1, codes: [] } }], { web: { endpoints: [at("a", 9), at("b")] } });
    const answers = [
      await net.echo("/", { method: "POST", body: "x" }),
      await net.echo("/", { method: "POST", body: "x" }),
    ];
    expect(answers.map(({ who, body }) => `${who} ${body}`)).toEqual(["b x", "b x"]);
  });

  test("codes are tried again as often as asked, then the last answer is given", async () => {
    net.serve([{ retry: { attempts: 2, codes: [503], backoff: 5 } }], codes);
    expect((await net.ask("/code/503")).status).toBe(503);
    expect(asked).toHaveLength(3);
    asked.length = 0;
    expect((await net.ask("/code/500")).status).toBe(500);
    expect(asked).toHaveLength(1);
  });

  test("requests that may not be repeated are not, but where no backend has seen them", async () => {
    net.serve([{ retry: { attempts: 2, codes: [503], idempotentOnly: true } }], codes);
    expect((await net.ask("/code/503", { method: "POST", body: "x" })).status).toBe(503);
    expect(asked).toHaveLength(1);
    expect((await net.ask("/code/503", { method: "PUT", body: "x" })).status).toBe(503);
    expect(asked).toHaveLength(4);
    const refusing = { web: { endpoints: [at("a", 9), at("b")] } };
    net.serve([{ retry: { attempts: 1, codes: [], idempotentOnly: true } }], refusing);
    for (let i = 0; i < 2; i++) expect((await net.echo("/", { method: "POST", body: "x" })).who).toBe("b");
  });

  test("clients of exempt networks have no limit", async () => {
    const rate = { kind: "rate", requests: 1, seconds: 3600, burst: 0, status: 503, cause } as const;
    const concurrency = { kind: "concurrency", limit: 0, status: 429, cause } as const;
    const exempt = [`${ADDRESS.client}/32`];
    net.serve(
      [
        {
          filters: [
            { ...rate, exempt },
            { ...concurrency, exempt },
          ],
        },
      ],
      both,
    );
    for (let i = 0; i < 3; i++) expect((await net.ask()).status).toBe(200);
    net.serve([{ filters: [{ ...rate, exempt: ["192.0.2.0/24"] }] }], both);
    expect([(await net.ask()).status, (await net.ask()).status]).toEqual([200, 503]);
  });

  test("an answer that does not come in time is 504, and one that breaks off before it begins 502", async () => {
    net.serve([{ timeouts: { backend: 100 } }], codes);
    expect((await net.ask("/never")).status).toBe(504);
    net.serve([{ timeouts: { request: 100 } }], codes);
    expect((await net.ask("/never")).status).toBe(504);
    net.serve([{ timeouts: { read: 100 } }], codes);
    expect((await net.ask("/never")).status).toBe(504);
    net.serve([{}], codes);
    expect((await net.ask("/break")).status).toBe(502);
  });

  test("a client that does not read, or sends nothing more of its body, is given up", async () => {
    net.serveHttp("a", 86, (request, response) => {
      request.resume();
      if (request.method === "GET") response.end(Buffer.alloc(50_000_000));
    });
    net.serve([{ name: "large" }], { web: { endpoints: [at("a", 86)] } });
    const socket = await net.connect();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const last = (): string | undefined => net.proxy.log.last(1)[0]?.reason;
    expect(
      await eventually(
        () => [net.proxy.log.last(1)[0]?.route, last()],
        ([route]) => route === "large",
      ),
    ).toEqual(["large", "the client went away"]);
    socket.destroy();
    expect(await net.raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")).toBe("");
  });

  test("a port that is taken is named, and all stays as it was", async () => {
    net.serve([{}], both);
    const other = net.net.serve("proxy", 8080);
    const { ports, backends } = tableOf([{}], both);
    const more = tableOf([{}], both, {}, 8080);
    expect(() => net.proxy.set({ ports: [...ports, ...more.ports], backends }, {})).toThrow(
      "tcp port 8080 is already in use",
    );
    expect((await net.ask()).status).toBe(200);
    other.stop();
  });
});

describe("filters", () => {
  test("a body that is too long is 413, with and without a length", async () => {
    net.serve([{ filters: [{ kind: "body-size", limit: 1000, cause }] }], both);
    const body = Buffer.alloc(2000, "x");
    expect((await net.ask("/", { method: "POST", body })).status).toBe(413);
    expect((await net.ask("/", { method: "POST", body, headers: { "transfer-encoding": "chunked" } })).status).toBe(
      413,
    );
    expect((await net.ask("/", { method: "POST", body: "short" })).status).toBe(200);
  });

  test("too many requests, and too many at once", async () => {
    const rate = { kind: "rate", requests: 1, seconds: 3600, burst: 1, status: 503, cause } as const;
    net.serve([{ name: "limited", filters: [rate] }], both);
    expect([(await net.ask()).status, (await net.ask()).status, (await net.ask()).status]).toEqual([200, 200, 503]);
    net.serve([{ filters: [{ kind: "concurrency", limit: 1, status: 429, cause }] }], codes);
    const first = await net.connect();
    first.write("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
    await eventually(
      () => asked.length,
      (count) => count === 1,
    );
    expect((await net.ask("/code/200")).status).toBe(429);
    first.destroy();
    expect(
      await eventually(
        async () => (await net.ask("/code/200")).status,
        (status) => status === 200,
      ),
    ).toBe(200);
  });

  test("an external server is asked first, and adds headers for the backend", async () => {
    const auth = {
      kind: "external-auth",
      url: `http://${ADDRESS.b}:82/check`,
      responseHeaders: ["X-User"],
      cause,
    } as const;
    net.serve([{ filters: [auth] }], both);
    const refused = await net.ask();
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, "Token"]);
    expect((await net.echo("/", { headers: { "x-token": "right" } })).headers["x-user"]).toBe("jane");
    net.serve(
      [{ filters: [{ ...auth, signIn: "http://login.example/?rd=$scheme://$http_host$escaped_request_uri" }] }],
      both,
    );
    const sent = await net.ask("/a?b=c");
    expect([sent.status, sent.headers.location]).toEqual([
      302,
      "http://login.example/?rd=http://shop.example%2Fa%3Fb%3Dc",
    ]);
    net.serve([{ filters: [{ ...auth, url: `http://${ADDRESS.b}:9/` }] }], both);
    expect((await net.ask()).status).toBe(500);
  });

  test("a mirror gets the request and its body; its answer is dropped", async () => {
    const mirror = { kind: "mirror", backend: "copy", numerator: 1, denominator: 1, cause } as const;
    const seen: string[] = [];
    net.serveHttp("b", 84, (request) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => seen.push(`${request.method} ${request.url} ${body}`));
    });
    net.serve([{ filters: [mirror] }], { web: { endpoints: [at("a")] }, copy: { endpoints: [at("b", 84)] } });
    expect((await net.echo("/m", { method: "POST", body: "text" })).body).toBe("text");
    expect((await net.echo("/n")).who).toBe("a");
    expect(
      await eventually(
        () => seen,
        ({ length }) => length === 2,
      ),
    ).toEqual(["POST /m text", "GET /n "]);
  });

  test("another backend answers in place of errors", async () => {
    const errors = {
      kind: "custom-errors",
      codes: [503, 502],
      backend: "errors",
      headers: { "x-namespace": "shop" },
      cause,
    } as const;
    net.serve([{ filters: [errors] }], { ...codes, errors: { endpoints: [at("a", 81)] } });
    expect((await net.ask("/code/503")).body).toBe("code 200");
    expect(asked).toEqual(["GET /code/503 ", "GET / 503"]);
    net.serve([{ filters: [errors] }], { web: {}, errors: { endpoints: [at("a", 81)] } });
    expect((await net.ask("/")).body).toBe("code 200");
  });

  test("a cookie holds a client to its endpoint", async () => {
    const affinity = { cookie: "ROUTE", attributes: ["Path=/", "HttpOnly"], cause };
    net.serve([{ action: { ...to("web"), affinity } }], both);
    const first = await net.ask();
    const cookie = first.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(/^ROUTE=[0-9a-f]{32}; Path=\/; HttpOnly$/);
    net.serve([{ action: { ...to("web"), affinity: { ...affinity, secure: true, expires: 60 } } }], both);
    const [dated = ""] = (await net.ask()).headers["set-cookie"] ?? [];
    expect(dated).toMatch(/^ROUTE=[0-9a-f]{32}; Expires=\w{3}, .* GMT; Path=\/; HttpOnly; Secure$/);
    expect(Date.parse(/Expires=([^;]*)/.exec(dated)?.[1] ?? "")).toBeGreaterThan(Date.now());
    const { who } = JSON.parse(first.body) as Echo;
    const headers = { cookie: cookie.split(";")[0] ?? "" };
    for (let i = 0; i < 3; i++) {
      const next = await net.ask("/", { headers });
      expect([(JSON.parse(next.body) as Echo).who, next.headers["set-cookie"]]).toEqual([who, undefined]);
    }
  });

  test("what requests have in common sends them to one endpoint", async () => {
    net.serve([{}], { web: { endpoints: [at("a"), at("b")], balance: { hash: { header: "x-key" } } } });
    const who = async (key: string): Promise<string> => (await net.echo("/", { headers: { "x-key": key } })).who;
    const keys = Array.from({ length: 12 }, (_, key) => String(key));
    const first = await Promise.all(keys.map(who));
    expect(await Promise.all(keys.map(who))).toEqual(first);
    expect(new Set(first)).toEqual(new Set(["a", "b"]));
  });

  test("a preflight is answered by the proxy", async () => {
    const cors = {
      kind: "cors", origins: ["https://a.example"], methods: ["GET"], headers: ["x-one"], exposed: [], credentials: true, maxAge: 5, status: 204, cause,
    } as const; // prettier-ignore
    net.serve([{ filters: [cors] }], both);
    const headers = { origin: "https://a.example", "access-control-request-method": "GET" };
    const { status, headers: said } = await net.ask("/", { method: "OPTIONS", headers });
    expect([status, said["access-control-allow-origin"]]).toEqual([204, "https://a.example"]);
  });
});

test("a proxy that is stopped takes connections and requests, and answers when it continues", async () => {
  net.serve([{}], both);
  const kept = await net.connect();
  net.proxy.pause(true);
  const waiting = Promise.all([net.ask(), net.ask("/", { socket: kept })]);
  const { total } = net.proxy.log;
  await eventually(
    () => net.proxy.connections,
    (count) => count >= 2,
  );
  expect(net.proxy.log.total).toBe(total);
  net.proxy.pause(false);
  expect((await waiting).map(({ status }) => status)).toEqual([200, 200]);
});

test("a client that asks on while tables change loses nothing, and a new table serves the next request", async () => {
  const answered = (n: number) => ({ kind: "answer", answer: { status: 200, body: `table ${n}`, cause } }) as const;
  const change = (n: number): void =>
    net.serve([{ match: { path: { kind: "exact", value: "/table" } }, action: answered(n) }, {}], both);
  change(0);
  const going = new AbortController();
  let count = 0;
  const work = async (): Promise<void> => {
    const socket = await net.connect();
    while (!going.signal.aborted) {
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      const [chunk] = (await once(socket, "data")) as [Buffer];
      expect(chunk.toString()).toMatch(/^HTTP\/1\.1 200 /);
      count++;
    }
    socket.destroy();
  };
  const workers = [work(), work(), work()];
  for (let n = 1; n <= 20; n++) {
    const before = count;
    change(n);
    expect((await net.ask("/table")).body).toBe(`table ${n}`);
    await eventually(
      () => count,
      (now) => now > before + 3,
    );
  }
  going.abort();
  await Promise.all(workers);
  expect(count).toBeGreaterThan(60);
});
