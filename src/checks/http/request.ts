/** The request of an http check. */
import { joinHostPort } from "../../net/host-port.ts";
import type { Target } from "../../net/target.ts";
import type { Family } from "../../net/family.ts";
import { placeOf } from "../../targets/target-place.ts";
import { formatDestination, locate } from "../destination.ts";
import type { CheckRequest } from "../kind.ts";
import type { HttpCheck } from "./resolve.ts";

export function formatUrl({ to, port, path, tls }: Pick<HttpCheck, "to" | "port" | "path" | "tls">): string {
  return `${tls === undefined ? "http" : "https"}://${joinHostPort(formatDestination(to), port)}${path}`;
}

export function httpRequest(check: HttpCheck, from: Target, family: Family): CheckRequest {
  const { port, timeout, method, path, headers, tls } = check;
  const to = formatUrl(check);
  const located = locate(check.to, family);
  if ("problem" in located) return { to, problem: located.problem };
  return {
    to,
    probe: {
      kind: "http",
      ...placeOf(from),
      to: located.to,
      port,
      timeout,
      family,
      method,
      path,
      headers,
      ...(tls === undefined ? {} : { tls }),
    },
  };
}
