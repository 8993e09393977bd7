/** `https://shop.example/cart` on the command line: a request of which the whole way is explained. */
import { UsageError } from "../../errors.ts";
import { parseAddress } from "../../net/address.ts";
import { joinHostPort } from "../../net/host-port.ts";

export interface RequestUrl {
  readonly text: string;
  readonly secure: boolean;
  /** A name, an address or a target of the lab. */
  readonly host: string;
  readonly port: number;
  /** As clients send it: without the port that its scheme implies. */
  readonly hostHeader: string;
  /** Path and query. */
  readonly target: string;
  /** Absent for an address (RFC 6066, section 3). */
  readonly serverName?: string | undefined;
}

const STANDARD = { http: 80, https: 443 } as const;

/** Undefined: it is not a URL. Throws UsageError for one that cannot be requested. */
export function readRequestUrl(text: string): RequestUrl | undefined {
  const [, scheme = "", host = "", given, target = "/"] =
    /^(https?):\/\/(\[[^\]]+\]|[^/:?#\s]+)(?::(\d+))?([/?]\S*)?$/i.exec(text) ?? [];
  if (host === "") {
    if (!/^https?:/i.test(text)) return undefined;
    throw new UsageError(`"${text}" is not a URL`, "write https://shop.example/cart");
  }
  const secure = scheme.toLowerCase() === "https";
  const standard = secure ? STANDARD.https : STANDARD.http;
  const port = given === undefined ? standard : Number(given);
  if (port < 1 || port > 65_535) throw new UsageError(`"${given}" is not a port`, "ports go from 1 to 65535");
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return {
    text,
    secure,
    host: bare,
    port,
    hostHeader: port === standard ? host : joinHostPort(bare, port),
    target: target.startsWith("/") ? target : `/${target}`,
    ...(parseAddress(bare) === undefined && secure ? { serverName: bare.toLowerCase() } : {}),
  };
}
