/** What `svc/web:80`, `node1:30080` and `10.96.0.10:53` mean on the command line: an address and a port in one family. */
import { joinHostPort } from "../../net/host-port.ts";
import { UsageError } from "../../errors.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import type { Lab } from "../../lab/lab.ts";
import { isProblem } from "../../targets/in-clusters.ts";
import { resolveTarget } from "../../targets/parse-target.ts";
import { findService, isServiceText, serviceAddresses, servicePort } from "../../targets/service-target.ts";
import type { ServiceModel } from "../../kube/service/service.ts";
import type { Family } from "../../net/family.ts";

export interface EndpointArgument {
  readonly text: string;
  readonly addresses: Readonly<Partial<Record<Family, string>>>;
  readonly port: number;
  readonly service?: ServiceModel | undefined;
}

/** Throws UsageError with what there is. */
export function requireService(lab: Lab, text: string): ServiceModel {
  const found = findService(text, lab);
  if (isProblem(found)) throw new UsageError(found.message, found.hint);
  return found;
}

function readPort(text: string, service: ServiceModel | undefined): number {
  if (service !== undefined) {
    const found = servicePort(service, text);
    if (typeof found === "number") return found;
    throw new UsageError(found.message, found.hint);
  }
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`"${text}" is not a port`, "ports go from 1 to 65535");
}

/** Throws UsageError for what the lab does not have. A Service with one port needs no port. */
export function readEndpointArgument(lab: Lab, text: string): EndpointArgument {
  const colon = text.lastIndexOf(":");
  const bare = colon < 0 || parseAddress(text) !== undefined;
  const host = (bare ? text : text.slice(0, colon)).replace(/^\[(.*)\]$/, "$1");
  if (isServiceText(host)) {
    const service = requireService(lab, host);
    const addresses = serviceAddresses(service);
    if (isProblem(addresses)) throw new UsageError(addresses.message, addresses.hint);
    const [first, second] = service.ports;
    if (bare && (first === undefined || second !== undefined))
      throw new UsageError(`${host} has several ports`, `write ${host}:${first?.port ?? 80}`);
    return { text, addresses, service, port: bare ? (first?.port ?? 0) : readPort(text.slice(colon + 1), service) };
  }
  if (bare) throw new UsageError(`"${text}" has no port`, `write ${joinHostPort(host, 80)}`);
  const port = readPort(text.slice(colon + 1), undefined);
  const address = parseAddress(host);
  if (address !== undefined) return { text, addresses: { [address.family]: formatAddress(address) }, port };
  return { text, addresses: resolveTarget(lab, host).addresses, port };
}
