/**
 * The answers of a built-in server, like those of Kubernetes' agnhost netexec
 * (kubernetes/test/images/agnhost/netexec/netexec.go): over HTTP and to UDP datagrams.
 */
import { joinHostPort } from "../../net/host-port.ts";
import type { ServiceHealth } from "../../resources/server/definition.ts";
import type { HttpRequest, RequestParser } from "./request.ts";

/** The server and the two ends of the conversation as the server sees them. */
export interface Encounter {
  readonly hostname: string;
  readonly namespace: string | undefined;
  readonly node: string;
  readonly clientIP: string;
  readonly clientPort: number;
  readonly serverIP: string;
  readonly serverPort: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  /** Paths that the pod's own probes request: the stand-in for its image answers them. */
  readonly probed?: readonly string[] | undefined;
  /** Only this is answered: see ServerResource. */
  readonly health?: ServiceHealth | undefined;
}

/** Response headers by which a probe recognises a built-in server, on any path. */
export const HOSTNAME_HEADER = "k8snet-hostname";
export const CLIENT_HEADER = "k8snet-client";
export const SERVER_HEADER = "k8snet-server";

/** First word of a UDP probe's payload; its random token is the second. */
export const UDP_PROBE = "k8snet-probe";

interface Content {
  readonly status: number;
  readonly type: "text/plain" | "application/json";
  readonly body: string;
}
type Asked = Pick<HttpRequest, "method" | "target" | "headers">;
type Page = (request: Asked, query: URLSearchParams, who: Encounter) => Content;

const text = (body: string, status = 200): Content => ({ status, type: "text/plain", body });

/** A value as one key of a JSON document, when the client requests JSON; plain text otherwise. */
const page =
  (plain: (request: Asked, query: URLSearchParams, who: Encounter) => string): Page =>
  (request, query, who) =>
    (request.headers["accept"] ?? "").includes("application/json")
      ? json(request, who)
      : text(plain(request, query, who));

function json(request: Asked, who: Encounter): Content {
  const document = { ...who, method: request.method, path: request.target, headers: request.headers };
  return { status: 200, type: "application/json", body: `${JSON.stringify(document)}\n` };
}

const pages: Readonly<Record<string, Page>> = {
  "/": page((_request, _query, who) => who.hostname),
  "/hostname": page((_request, _query, who) => who.hostname),
  "/clientip": page((_request, _query, who) => joinHostPort(who.clientIP, who.clientPort)),
  "/echo": (_request, query) => {
    const code = Number(query.get("code") ?? "200");
    return text(query.get("msg") ?? "", Number.isInteger(code) && code >= 200 && code <= 599 ? code : 400);
  },
  "/healthz": () => text("ok"),
  "/header": (request, query) => text(request.headers[(query.get("key") ?? "").toLowerCase()] ?? ""),
  "/json": (request, _query, who) => json(request, who),
};

/** As kube-proxy's listener (kubernetes pkg/proxy/healthcheck/service_health.go), whatever the path. */
function healthPage({ namespace, service, localEndpoints }: ServiceHealth): Content {
  const report = { service: { namespace, name: service }, localEndpoints, serviceProxyHealthy: true };
  return {
    status: localEndpoints > 0 ? 200 : 503,
    type: "application/json",
    body: JSON.stringify(report, null, "\t"),
  };
}

/** The answer, in any version of HTTP. */
export function contentOf(request: Asked, who: Encounter): Content {
  if (who.health !== undefined) return healthPage(who.health);
  const at = request.target.indexOf("?");
  const path = at < 0 ? request.target : request.target.slice(0, at);
  const query = new URLSearchParams(at < 0 ? "" : request.target.slice(at + 1));
  const found = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (found !== undefined) return found(request, query, who);
  return who.probed?.includes(path) === true ? text("ok") : text("404 page not found\n", 404);
}

/**
 * The answers to the requests that have arrived, or to the first of them when they are longer than `limit`; `last`: nothing
 * more is answered on this connection.
 */
export function answerRequests(
  parser: RequestParser,
  who: () => Encounter,
  limit = Infinity,
): { readonly out: string; readonly last: boolean } {
  let out = "";
  for (let parsed = parser.next(); parsed.kind !== "more"; parsed = parser.next()) {
    if (parsed.kind === "continue") out += "HTTP/1.1 100 Continue\r\n\r\n";
    else if (parsed.kind === "bad")
      return { out: out + answerBadRequest(parsed.status, parsed.reason, who()), last: true };
    else {
      out += answerHttp(parsed.request, who());
      if (!parsed.request.keepAlive) return { out, last: true };
      if (out.length > limit) break;
    }
  }
  return { out, last: false };
}

/** A whole HTTP/1 response. */
function answerHttp(request: HttpRequest, who: Encounter): string {
  return encode(contentOf(request, who), who, request.keepAlive, request.method === "HEAD", request.version);
}

/** The answer to a client that does not use HTTP: it can still read which server answered. */
function answerBadRequest(status: number, reason: string, who: Encounter): string {
  return encode(
    text(`${who.hostname}: ${reason}; try GET /hostname, /clientip or /json\n`, status),
    who,
    false,
    false,
    "1.1",
  );
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

function encode(
  content: Content,
  who: Encounter,
  keepAlive: boolean,
  headOnly: boolean,
  version: "1.0" | "1.1",
): string {
  const bodyless = content.status === 204 || content.status === 304;
  const size = bodyless
    ? ""
    : `Content-Type: ${content.type}; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(content.body)}\r\n`;
  const connection = keepAlive ? (version === "1.0" ? "Connection: keep-alive\r\n" : "") : "Connection: close\r\n";
  return (
    `HTTP/1.1 ${content.status} ${REASONS[content.status] ?? "Status"}\r\n` +
    `${HOSTNAME_HEADER}: ${who.hostname}\r\n${CLIENT_HEADER}: ${joinHostPort(who.clientIP, who.clientPort)}\r\n` +
    `${SERVER_HEADER}: ${joinHostPort(who.serverIP, who.serverPort)}\r\n` +
    `${size}${connection}\r\n${headOnly || bodyless ? "" : content.body}`
  );
}

/** The answer to one datagram. */
export function answerDatagram(message: string, who: Encounter): string {
  const words = message.trim();
  if (words === "hostname") return who.hostname;
  if (words === "clientip") return joinHostPort(who.clientIP, who.clientPort);
  if (words === "echo" || words.startsWith("echo ")) return message.trimStart().slice(5);
  return `${JSON.stringify({ ...who, message: words.slice(0, 1024) })}\n`;
}
