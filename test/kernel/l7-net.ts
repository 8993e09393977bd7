/**
 * A proxy of the data plane with a client and two backends, all on one bridge, sockets in their namespaces, everything in this process.
 *
 *     client 10.0.0.2 ── proxy 10.0.0.1 ──┬── a 10.0.0.3
 *                                         └── b 10.0.0.4
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Cause } from "../../src/cause.ts";
import { BackendError } from "../../src/dataplane/answer-sink.ts";
import { connectEndpoint } from "../../src/dataplane/connect.ts";
import { HttpFront } from "../../src/dataplane/http-front.ts";
import { Proxy } from "../../src/dataplane/proxy.ts";
import type { KeyPairs } from "../../src/dataplane/served-table.ts";
import { SERVING_LIMITS, type ServingLimits } from "../../src/dataplane/serving-limits.ts";
import type { Backend, Listener, Route, RoutingTable } from "../../src/routing/model.ts";
import { openListener } from "../../src/services/serve/listen.ts";
import { ProbeNet } from "./probe-net.ts";

export const cause: Cause = { object: "test", reason: "for the test" };
export const ADDRESS = { proxy: "10.0.0.1", client: "10.0.0.2", a: "10.0.0.3", b: "10.0.0.4" } as const;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly trailers: IncomingMessage["trailers"];
  readonly body: string;
}

/** What a backend of serveEcho() was asked. */
export interface Echo {
  readonly who: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export class L7Net {
  readonly net = new ProbeNet("client", "proxy", "a", "b");
  readonly front: HttpFront;
  readonly proxy: Proxy;
  readonly #servers: { close(): unknown; closeAllConnections?(): void }[] = [];

  constructor(limits: Partial<ServingLimits> = {}) {
    const others = ["client", "a", "b"];
    this.net.ip(
      "proxy",
      "link add br0 type bridge",
      "link set br0 up",
      `addr add ${ADDRESS.proxy}/24 dev br0`,
      ...others.flatMap((name) => [
        `link add v${name} type veth peer name eth0 netns @${name}`,
        `link set v${name} master br0 up`,
      ]),
    );
    for (const name of ["client", "a", "b"] as const)
      this.net.ip(name, `addr add ${ADDRESS[name]}/24 dev eth0`, "link set eth0 up");
    const serving = { ...SERVING_LIMITS, ...limits };
    this.front = new HttpFront(serving);
    this.proxy = new Proxy(this.net.netns("proxy"), this.front, serving);
  }

  ready(): Promise<void> {
    return this.net.ready("client", ADDRESS.proxy, ADDRESS.a, ADDRESS.b);
  }

  /** On one port, with one listener that has these routes. */
  serve(
    routes: readonly Partial<Route>[],
    backends: Readonly<Record<string, Partial<Backend>>>,
    listener: Partial<Listener> = {},
    pairs: KeyPairs = {},
  ): void {
    this.proxy.set(tableOf(routes, backends, listener), pairs);
  }

  /** A connection of the client. */
  connect(port = 80): Promise<Socket> {
    return new Promise((resolve, reject) => {
      connectEndpoint(this.net.netns("client"), { address: ADDRESS.proxy, port }, 5000, (socket) =>
        socket instanceof BackendError ? reject(socket) : resolve(socket),
      );
    });
  }

  async ask(path = "/", { method = "GET", headers = {}, body, port = 80, socket }: AskOptions = {}): Promise<Answer> {
    const connection = socket ?? (await this.connect(port));
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { method, path, headers: { host: "shop.example", ...headers }, createConnection: () => connection },
        (response) => {
          text(response).then(
            (said) => {
              const { statusCode: status = 0, trailers } = response;
              resolve({ status, headers: response.headers, trailers, body: said });
            },
            (error: unknown) => reject(error as Error),
          );
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  /** What a backend made by serveEcho() says it was asked. */
  async echo(path = "/", options: AskOptions = {}): Promise<Echo> {
    return JSON.parse((await this.ask(path, options)).body) as Echo;
  }

  /** What the proxy answers to these bytes until it closes the connection, or until `done`. */
  async raw(bytes: string | Buffer, done: (said: string) => boolean = () => false, port = 80): Promise<string> {
    const socket = await this.connect(port);
    let said = "";
    return new Promise((resolve) => {
      const end = (): void => {
        socket.destroy();
        resolve(said);
      };
      socket.setTimeout(20_000, end);
      socket.on("data", (chunk: Buffer) => {
        said += chunk.toString("latin1");
        if (done(said)) end();
      });
      for (const event of ["end", "error", "close"]) socket.on(event, end);
      socket.write(bytes);
    });
  }

  /** An HTTP/1.1 server of a backend. */
  serveHttp(name: "a" | "b" | "client", port: number, listener: RequestListener): Server {
    const server = createServer({ keepAliveTimeout: 60_000 }, listener);
    server.listen({ fd: openListener(this.net.netns(name), "tcp", port) });
    this.keep(server);
    return server;
  }

  /** Answers what it was asked, see Echo. */
  serveEcho(name: "a" | "b", port = 80): Server {
    return this.serveHttp(name, port, (request, response) => {
      text(request).then(
        (body) => {
          const { method, url, headers } = request;
          response.end(JSON.stringify({ who: name, method, url, headers, body }));
        },
        () => response.destroy(), // it was given up
      );
    });
  }

  keep(server: { close(): unknown; closeAllConnections?(): void }): void {
    this.#servers.push(server);
  }

  remove(): void {
    this.proxy.stop();
    this.front.close();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections?.();
    }
    this.net.remove();
  }
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly port?: number;
  readonly socket?: Socket;
}

/** `backends`: what is left out is HTTP/1.1, in turns, without endpoints. */
export function tableOf(
  routes: readonly Partial<Route>[],
  backends: Readonly<Record<string, Partial<Backend>>>,
  listener: Partial<Listener> = {},
  port = 80,
): RoutingTable {
  const whole: Listener = {
    name: "main",
    protocol: "http",
    certificates: [],
    hosts: [{ wildcard: "many", routes: routes.map((route, at) => routeOf(route, at)), cause }],
    otherwise: { status: 404, cause },
    cause,
    ...listener,
  };
  const transport = whole.protocol === "udp" ? "udp" : "tcp";
  return {
    ports: [{ port, transport, listeners: [whole] }],
    backends: Object.fromEntries(
      Object.entries(backends).map(([id, backend]) => [
        id,
        { protocol: "http1", balance: "round-robin", endpoints: [], cause, ...backend },
      ]),
    ),
  };
}

function routeOf(route: Partial<Route>, at: number): Route {
  return { name: `route ${at}`, match: {}, filters: [], action: to("web"), cause, ...route };
}

/** To one backend, or to several of the same weight. */
export function to(...backends: readonly string[]): Extract<Route["action"], { kind: "forward" }> {
  return { kind: "forward", to: backends.map((backend) => ({ backend, weight: 1, cause })) };
}

export const at = (name: "a" | "b", port = 80): { address: string; port: number } => ({ address: ADDRESS[name], port });

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Self-signed, for these names: `DNS:shop.example`, `URI:spiffe://a`. */
export function selfSigned(...names: readonly string[]): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), "k8snet-certificate-"));
  try {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    writeFileSync(key, "");
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=test",
        "-addext", `subjectAltName=${names.join(",")}`, "-keyout", key, "-out", certificate], // prettier-ignore
      { stdio: "ignore" },
    );
    return { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
