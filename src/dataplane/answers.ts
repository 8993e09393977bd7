/** Answers that a proxy makes itself, and what filters add to every answer. */
import { STATUS_CODES } from "node:http";
import { corsDecision } from "../routing/cors.ts";
import type { Filter } from "../routing/filter.ts";
import type { RoutedRequest } from "../routing/request.ts";
import type { HeaderList } from "./answer-sink.ts";
import { changedList, listOf } from "./proxy-headers.ts";

export interface OwnAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Buffer;
}

/** gRPC's code for a status of HTTP (grpc, doc/http-grpc-status-mapping.md); 14 where it is not named there. */
const GRPC_CODES: Readonly<Record<number, number>> = { 400: 13, 401: 16, 403: 7, 404: 12, 413: 8, 421: 14, 500: 2 };
const UNAVAILABLE = 14;

/** A status that may have no body. */
function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

export function textAnswer(status: number, headers: HeaderList, text: string | undefined): OwnAnswer {
  if (isBodiless(status)) return { status, headers, body: Buffer.alloc(0) };
  const body = Buffer.from(text ?? `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd() + "\n");
  const hasType = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === "content-type");
  const type = hasType ? [] : ["content-type", "text/plain; charset=utf-8"];
  return { status, headers: [...headers, ...type, "content-length", String(body.length)], body };
}

/** A status of gRPC's own, in headers and without a body (gRPC over HTTP/2, Trailers-Only). */
export function grpcAnswer(status: number, headers: HeaderList, message: string): OwnAnswer {
  const kept: string[] = [];
  let hasStatus = false;
  for (let at = 0; at < headers.length; at += 2) {
    const name = (headers[at] ?? "").toLowerCase();
    if (name === "content-type" || name === "content-length") continue;
    hasStatus ||= name === "grpc-status";
    kept.push(name, headers[at + 1] ?? "");
  }
  const code = hasStatus ? [] : ["grpc-status", String(GRPC_CODES[status] ?? UNAVAILABLE)];
  const text = hasStatus ? [] : ["grpc-message", encodeURIComponent(message)];
  return {
    status: 200,
    headers: ["content-type", "application/grpc", ...code, ...text, ...kept],
    body: Buffer.alloc(0),
  };
}

/** With what CORS and response-headers filters say. */
export function answerHeaders(
  headers: HeaderList,
  filters: readonly Filter[],
  request: RoutedRequest,
  expand: (text: string) => string,
): HeaderList {
  let list = headers;
  for (const filter of filters) {
    if (filter.kind === "response-headers") list = changedList(filter, list, expand);
    else if (filter.kind === "cors") {
      const own = listOf(corsDecision(filter, request).headers);
      const set = new Set(own.filter((_, at) => at % 2 === 0));
      const others = list.flatMap((name, at) =>
        at % 2 === 0 && !set.has(name.toLowerCase()) ? [name, list[at + 1] ?? ""] : [],
      );
      list = [...others, ...own];
    }
  }
  return list;
}

/** Control characters and spaces escaped: they would end the line that it stands in. */
export function printableTarget(target: string): string {
  return target.replace(
    /[\x00-\x20\x7f]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
