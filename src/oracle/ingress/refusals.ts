/** Requests that ingress-nginx answers itself because of who asks, or because it cannot do what an annotation asks for. */
import type { Cause } from "../../cause.ts";
import type { IngressModel, IngressObjects } from "../../kube/ingress/ingress.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import { annotation, isOn, PREFIX } from "./claims.ts";
import type { Claim } from "./claims.ts";

export interface IngressRequest {
  readonly tls: boolean;
  readonly clientAddress: string;
  readonly method: string;
  /** As sent, with or without port. */
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the client, where it showed a certificate: `CN=shop`. */
  readonly clientCertificate?: { readonly subject: string; readonly verified: boolean } | undefined;
}

/** Data of the controller's ConfigMap. */
export type IngressConfig = Readonly<Record<string, string>>;

export interface IngressAnswer {
  readonly kind: "answer";
  readonly status: number;
  readonly location?: string | undefined;
  readonly why: string;
  readonly cause?: Cause | undefined;
}

export const lines = (ingress: IngressModel, name: string): Cause =>
  ingress.annotations[`${PREFIX}${name}`]?.cause ?? ingress.cause;

function inRanges(address: string, text: string): boolean {
  const client = parseAddress(address);
  return text.split(",").some((one) => {
    const range = one.trim();
    const prefix = parsePrefix(range.includes("/") ? range : `${range}/${range.includes(":") ? 128 : 32}`);
    return client !== undefined && prefix !== undefined && prefixContains(prefix, client);
  });
}

/** With use-forwarded-headers: address and host as the headers have them. */
export function trusted(request: IngressRequest, config: IngressConfig): IngressRequest {
  if (config["use-forwarded-headers"] !== "true") return request;
  const { "x-forwarded-for": chain, "x-forwarded-host": host, "x-forwarded-proto": scheme } = request.headers;
  const [client] = (chain ?? request.clientAddress).split(",");
  const first = host?.split(",")[0]?.trim();
  return {
    ...request,
    clientAddress: client?.trim() ?? request.clientAddress,
    host: first ?? request.host,
    tls: scheme === undefined ? request.tls : scheme === "https",
  };
}

/** `~*` and `~`: regular expressions with and without case ignored; else the whole value. */
function isListed(value: string, patterns: string): boolean {
  return patterns.split(",").some((one) => {
    const pattern = one.trim();
    if (pattern.startsWith("~*")) return new RegExp(pattern.slice(2), "i").test(value);
    return pattern.startsWith("~") ? new RegExp(pattern.slice(1)).test(value) : pattern === value;
  });
}

/** What the controller's ConfigMap bars for all hosts. */
export function blocked(request: IngressRequest, config: IngressConfig): IngressAnswer | undefined {
  const { "user-agent": agent, referer } = request.headers;
  const { "block-cidrs": ranges, "block-user-agents": agents, "block-referers": referers } = config;
  const why =
    ranges !== undefined && inRanges(request.clientAddress, ranges)
      ? "block-cidrs"
      : agents !== undefined && agent !== undefined && isListed(agent, agents)
        ? "block-user-agents"
        : referers !== undefined && referer !== undefined && isListed(referer, referers)
          ? "block-referers"
          : undefined;
  return why === undefined ? undefined : { kind: "answer", status: 403, why };
}

/** Headers from a ConfigMap that does not exist, or that are not allowed: 503. */
export function unavailable(
  ingress: IngressModel,
  references: IngressObjects["references"],
  config: IngressConfig,
): IngressAnswer | undefined {
  const name = annotation(ingress, "custom-headers");
  if (name === undefined) return undefined;
  const object = `ConfigMap ${name.includes("/") ? name : `${ingress.namespace}/${name}`}`;
  const texts = references[object];
  const allowed = new Set((config["global-allowed-response-headers"] ?? "").split(",").map((one) => one.trim()));
  if (texts !== undefined && Object.keys(texts).every((header) => allowed.has(header))) return undefined;
  return { kind: "answer", status: 503, why: `headers of ${object}`, cause: lines(ingress, "custom-headers") };
}

export function preflight({ ingress }: Claim, { method, headers }: IngressRequest): IngressAnswer | undefined {
  if (!isOn(ingress, "enable-cors") || method !== "OPTIONS") return undefined;
  const origins = (annotation(ingress, "cors-allow-origin") ?? "*").split(",").map((one) => one.trim().toLowerCase());
  const origin = (headers["origin"] ?? "").toLowerCase();
  const fits = origins.some((one) => {
    if (one === "*" || one === origin) return true;
    const [before = "", after] = one.split("*", 2);
    if (after === undefined) return false;
    const label = origin.slice(before.length, -after.length);
    return origin === `${before}${label}${after}` && /^[a-z0-9-]+$/.test(label);
  });
  return fits ? { kind: "answer", status: 204, why: "enable-cors", cause: lines(ingress, "enable-cors") } : undefined;
}

function certificateRefused(ingress: IngressModel, request: IngressRequest): IngressAnswer | undefined {
  const mode = annotation(ingress, "auth-tls-verify-client") ?? "on";
  if (annotation(ingress, "auth-tls-secret") === undefined || !request.tls || !/^(?:on|optional)$/.test(mode))
    return undefined;
  const { clientCertificate: shown } = request;
  const answer = (status: number, why: string): IngressAnswer => ({
    kind: "answer",
    status,
    why,
    cause: lines(ingress, why),
  });
  if (shown === undefined) return mode === "on" ? answer(400, "auth-tls-verify-client") : undefined;
  if (!shown.verified) return answer(400, "auth-tls-verify-client");
  const subject = annotation(ingress, "auth-tls-match-cn");
  return subject === undefined || new RegExp(subject).test(shown.subject)
    ? undefined
    : answer(403, "auth-tls-match-cn");
}

/** By certificate and address. With `satisfy: any` a password may do instead; passwords are not judged here. */
export function clientRefused(
  ingress: IngressModel,
  request: IngressRequest,
  config: IngressConfig,
): IngressAnswer | undefined {
  const byCertificate = certificateRefused(ingress, request);
  if (byCertificate !== undefined) return byCertificate;
  const denied = annotation(ingress, "denylist-source-range") ?? config["denylist-source-range"];
  const name =
    annotation(ingress, "allowlist-source-range") === undefined ? "whitelist-source-range" : "allowlist-source-range";
  const allowed = annotation(ingress, name) ?? config["whitelist-source-range"];
  const why =
    denied !== undefined && inRanges(request.clientAddress, denied)
      ? "denylist-source-range"
      : allowed !== undefined && !inRanges(request.clientAddress, allowed)
        ? name
        : undefined;
  if (why === undefined) return undefined;
  if (annotation(ingress, "satisfy") === "any" && annotation(ingress, "auth-type") !== undefined) return undefined;
  return { kind: "answer", status: 403, why, cause: lines(ingress, why) };
}
