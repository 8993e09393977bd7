/** A client's request as Node's servers hand it on, and whether it may be served at all. */
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Readable } from "node:stream";
import type { HeaderList } from "./answer-sink.ts";

export interface Incoming {
  readonly method: string;
  /** Host, or authority. */
  readonly host: string;
  readonly target: string;
  /** Names in lower case; several of one name joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly length: number | "chunked";
  readonly source: Readable;
  readonly trailers: () => HeaderList;
  readonly upgrade?: string | undefined;
}

const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/;

/** A text: why it is answered with 400. */
export function readIncoming(request: IncomingMessage | Http2ServerRequest, upgrades = false): Incoming | string {
  const isHttp2 = "stream" in request;
  const headers = textsOf(request.headers);
  let host = isHttp2 ? (headers[":authority"] ?? headers["host"] ?? "") : (headers["host"] ?? "");
  let target = request.url ?? "/";
  if (!target.startsWith("/") && target !== "*") {
    // RFC 9112 3.2.2: a proxy takes the host out of an absolute target.
    const [, authority, rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
    if (authority === undefined) return "its target is neither a path nor a URL";
    host = authority;
    target = rest.startsWith("/") ? rest : `/${rest}`;
  }
  if (!HOST.test(host)) return "its Host is malformed";
  if (!isHttp2) {
    const mistake = http1Mistake(request);
    if (mistake !== undefined) return mistake;
  }
  const upgrade = upgrades ? headers["upgrade"] : undefined;
  return {
    method: request.method ?? "GET",
    host,
    target: target.replace(/#.*$/s, ""),
    headers,
    length: upgrade === undefined ? lengthOf(request, headers) : 0,
    source: request,
    trailers: () => (isHttp2 ? [] : request.rawTrailers),
    upgrade,
  };
}

/** What the parser lets through, and a backend might understand in another way. */
function http1Mistake(request: IncomingMessage): string | undefined {
  const { rawHeaders, headers } = request;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  if (hosts > 1) return "it has several Host headers";
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return `its transfer coding is ${coding}`;
  if (coding !== undefined && request.httpVersionMinor === 0) return "HTTP/1.0 has no transfer codings";
  return undefined;
}

function lengthOf(
  request: IncomingMessage | Http2ServerRequest,
  headers: Readonly<Record<string, string>>,
): number | "chunked" {
  const length = headers["content-length"];
  if ("stream" in request && request.stream.endAfterHeaders) return 0;
  if (length !== undefined) return Number(length);
  return "stream" in request || headers["transfer-encoding"] !== undefined ? "chunked" : 0;
}

function textsOf(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) texts[name] = typeof value === "string" ? value : value.join(", ");
  }
  return texts;
}
