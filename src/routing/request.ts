/** A request as routing sees it, and what of it is believed. */
import type { Address } from "../net/address.ts";
import { parseAddress } from "../net/address.ts";
import { inNetworks } from "./address-list.ts";
import type { EntryPort } from "./model.ts";

export interface ClientCertificate {
  /** RFC 2253: `CN=shop,O=example`. */
  readonly subject: string;
  /** An authority of the listener has issued it. */
  readonly verified: boolean;
}

export interface RoutedRequest {
  /** The proxy's own port. */
  readonly port: number;
  readonly tls: boolean;
  /** SNI of a connection with TLS. */
  readonly serverName?: string | undefined;
  /** The peer of the connection, or what the PROXY protocol says of it. */
  readonly clientAddress: string;
  readonly method: string;
  /** The Host header or `:authority`, as sent. */
  readonly host: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Of the client, where it showed a certificate. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Names in lower case; repeated ones joined by `, `, cookies by `; `. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is taken for true of the client: X-Forwarded-* of a trusted proxy, else the connection's own. */
export interface Believed {
  readonly clientAddress: string;
  readonly scheme: string;
  readonly port: number;
  readonly host: string;
}

/** `[2001:db8::1]:8080` → `[2001:db8::1]`, in lower case, without the dot of the root. */
export function hostnameOf(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, "").replace(/\.$/, "");
}

export function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}

/** With its `?`; empty where there is none. */
export function queryOf(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : target.slice(start);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** `/a//b/../c%20d` → `/a/c d`: nginx's `$uri`. */
export function normalizedPath(path: string): string {
  const kept: string[] = [];
  const elements = decoded(path).split("/").slice(1);
  for (const [i, element] of elements.entries()) {
    const last = i === elements.length - 1;
    if (element === "..") kept.pop();
    if ((element === "" || element === "." || element === "..") && !last) continue;
    kept.push(element === "." || element === ".." ? "" : element);
  }
  return `/${kept.join("/")}`;
}

/** The last address of X-Forwarded-For that is not itself a trusted proxy, as nginx' real_ip_recursive takes it. */
function forwardedFor(chain: string, peer: string, trusted: readonly string[]): string {
  let client = peer;
  for (const text of chain.split(",").reverse()) {
    const address: Address | undefined = parseAddress(text.trim());
    if (address === undefined) return client;
    client = text.trim();
    if (!inNetworks(client, trusted)) return client;
  }
  return client;
}

const firstOf = (list: string | undefined): string | undefined => {
  const first = list?.split(",", 1)[0]?.trim();
  return first === "" ? undefined : first;
};

export function believed(entry: Pick<EntryPort, "trustedProxies">, request: RoutedRequest): Believed {
  const { headers, clientAddress, tls, port, host } = request;
  const own: Believed = { clientAddress, scheme: tls ? "https" : "http", port, host };
  const trusted = entry.trustedProxies ?? [];
  if (!inNetworks(clientAddress, trusted)) return own;
  const number = Number(firstOf(headers["x-forwarded-port"]));
  return {
    clientAddress: forwardedFor(headers["x-forwarded-for"] ?? "", clientAddress, trusted),
    scheme: firstOf(headers["x-forwarded-proto"]) ?? own.scheme,
    port: Number.isInteger(number) && number > 0 ? number : port,
    host: firstOf(headers["x-forwarded-host"]) ?? host,
  };
}
