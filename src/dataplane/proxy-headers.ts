/** Headers that a proxy takes away, adds and changes on the way (RFC 9110 7.6.1; ingress-nginx, rootfs/etc/nginx/template/nginx.tmpl). */
import { changedHeaders } from "../routing/header-filter.ts";
import type { Filter } from "../routing/filter.ts";
import type { Believed } from "../routing/request.ts";
import type { HeaderList } from "./answer-sink.ts";

type Headers = Readonly<Record<string, string>>;

/** They are about one connection, or say how long a body is, which each side says for itself. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Of requests: replaced by what the proxy knows itself. */
const REPLACED: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "expect",
  "http2-settings",
  "x-request-id",
  "x-real-ip",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-forwarded-scheme",
  "x-scheme",
  "x-original-forwarded-for",
]);

/** Header names in `Connection` are of that connection only. */
function namedIn(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined) return HOP_BY_HOP;
  const named = connection
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "close" && name !== "keep-alive" && name !== "upgrade");
  return named.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named]);
}

/** What is set whatever a client sends; filters of the route come after it. */
export function forwardedHeaders(client: Believed, sent: Headers, requestId: string): Headers {
  const original = sent["x-forwarded-for"];
  return {
    "x-request-id": sent["x-request-id"] ?? requestId,
    "x-real-ip": client.clientAddress,
    "x-forwarded-for": client.clientAddress,
    "x-forwarded-host": client.host,
    "x-forwarded-port": String(client.port),
    "x-forwarded-proto": client.scheme,
    "x-forwarded-scheme": client.scheme,
    "x-scheme": client.scheme,
    ...(original === undefined ? {} : { "x-original-forwarded-for": original }),
  };
}

/** The headers of a client that may go to a backend. */
export function passedHeaders(sent: Headers): Headers {
  const hop = namedIn(sent["connection"]);
  const passed: Record<string, string> = {};
  for (const name in sent) {
    if (name.charCodeAt(0) === 58 || hop.has(name) || REPLACED.has(name)) continue;
    passed[name] = sent[name] ?? "";
  }
  // The only value that says something to the other end (RFC 9110 10.1.4); gRPC insists on it.
  if (/(?:^|,)\s*trailers\s*(?:$|[,;])/i.test(sent["te"] ?? "")) passed["te"] = "trailers";
  return passed;
}

export function listOf(headers: Headers): HeaderList {
  const list: string[] = [];
  for (const name in headers) if (name !== "host") list.push(name, headers[name] ?? "");
  return list;
}

/** The headers of a backend's answer that may go to the client. */
export function answeredHeaders(headers: HeaderList): HeaderList {
  let hop = HOP_BY_HOP;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (name.length === 10 && name.toLowerCase() === "connection") hop = namedIn(headers[at + 1]);
  }
  const passed: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (!hop.has(name.toLowerCase())) passed.push(name, headers[at + 1] ?? "");
  }
  return passed;
}

type HeaderFilter = Extract<Filter, { kind: "response-headers" | "request-headers" }>;

/** As changedHeaders(), where a header may stand several times: only the named ones are looked at. */
export function changedList(filter: HeaderFilter, list: HeaderList, expand: (text: string) => string): HeaderList {
  const named = new Set<string>();
  for (const { name } of [...(filter.set ?? []), ...(filter.add ?? [])]) named.add(name.toLowerCase());
  for (const name of filter.remove ?? []) named.add(name.toLowerCase());
  const kept: string[] = [];
  const before: Record<string, string> = {};
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] ?? "";
    const value = list[at + 1] ?? "";
    const lower = name.toLowerCase();
    if (!named.has(lower) || (lower === "set-cookie" && isOnlyAdded(filter))) kept.push(name, value);
    else before[lower] = before[lower] === undefined ? value : `${before[lower]}, ${value}`;
  }
  return [...kept, ...listOf(changedHeaders(filter, before, expand))];
}

/** Cookies cannot be joined to one header. */
function isOnlyAdded({ set, remove }: HeaderFilter): boolean {
  const isCookie = (name: string): boolean => name.toLowerCase() === "set-cookie";
  return set?.some(({ name }) => isCookie(name)) !== true && remove?.some(isCookie) !== true;
}

/** Neither a line end nor another control character, which would end the header and begin another one. */
export function isSafeValue(value: string): boolean {
  return !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
}

/** Without the headers whose values are not safe. */
export function safeList(list: HeaderList): HeaderList {
  const safe: string[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const value = list[at + 1] ?? "";
    if (isSafeValue(value)) safe.push(list[at] ?? "", value);
  }
  return safe;
}
