/** `tunnels`: IP in IP and GRE, over IPv4 and IPv6. */
import * as z from "zod";
import { formatAddress } from "../../net/address.ts";
import type { Family } from "../../net/family.ts";
import { readAddress } from "../../syntax/address-field.ts";
import { interfaceName, line } from "../../syntax/scalar.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { DeviceTable } from "../device-table.ts";
import { deviceFields } from "./device-fields.ts";
import { defineDevice } from "./device-kind.ts";

const TYPES = ["ipip", "sit", "gre", "gretap", "ip6tnl", "ip6gre", "ip6gretap"] as const;
/** What iproute2 gives to tunnels over IPv6 (RFC 2473, section 6.6). */
const ENCAP_LIMIT = 4;
const HOP_LIMIT = 64;

function isOverIPv6(type: string): boolean {
  return type.startsWith("ip6");
}

function readEnd(text: string, family: Family, type: string, scope: Scope): string | undefined {
  const address = readAddress(text, scope);
  if (address === undefined) return undefined;
  if (address.family !== family)
    scope.error(
      `${formatAddress(address)} is of another family: ${type} goes over ${family === "ipv6" ? "IPv6" : "IPv4"}`,
      "ipip, sit, gre and gretap go over IPv4; ip6tnl, ip6gre and ip6gretap over IPv6",
    );
  return formatAddress(address);
}

function readEnds(
  doc: { readonly local: string; readonly remote?: string | undefined },
  type: string,
  table: DeviceTable,
  scope: Scope,
): Record<string, string> {
  const family = isOverIPv6(type) ? "ipv6" : "ipv4";
  const local = readEnd(doc.local, family, type, scope.at("local"));
  const remote = doc.remote === undefined ? undefined : readEnd(doc.remote, family, type, scope.at("remote"));
  const own = local === undefined ? undefined : readAddress(local, scope.at("local"));
  if (own !== undefined && table.owner(own) === undefined)
    scope
      .at("local")
      .warn(
        `${local ?? ""} is not an address of ${table.namespace}`,
        "give it to an interface of this namespace, or nothing arrives from the tunnel",
      );
  if (remote !== undefined && remote === local)
    scope.at("remote").error(`${remote} is the tunnel's own end`, "name the address of the other end");
  return { ...(local === undefined ? {} : { local }), ...(remote === undefined ? {} : { remote }) };
}

export const tunnel = defineDevice({
  kind: "tunnel",
  about: "IPIP, SIT and GRE tunnels by name",
  schema: () =>
    z.strictObject({
      ...deviceFields(),
      type: z
        .enum(TYPES)
        .describe("As in ip link: ipip, sit (IPv6 in IPv4), gre, gretap (Ethernet); ip6… go over IPv6"),
      local: line.describe("Source address of the tunnel"),
      remote: line.optional().describe("The other end; without one the tunnel only receives"),
      dev: interfaceName.optional().describe("Underlay device"),
      ttl: z
        .int()
        .min(1)
        .max(255)
        .optional()
        .describe("TTL of the outer header; default: that of the inner one, 64 over IPv6"),
      key: z.int().min(1).max(4_294_967_295).optional().describe("GRE: distinguishes tunnels between the same ends"),
    }),
  only: ({ type, data }) =>
    `${type} from ${data["local"]} to ${data["remote"]}${data["key"] === undefined ? "" : `, key ${data["key"]}`}${data["dev"] === undefined ? "" : ` by ${data["dev"]}`}`,
  resolve(doc, name, table, scope) {
    const { type, dev, key } = doc;
    const isGre = type.includes("gre");
    if (key !== undefined && !isGre)
      scope.at("key").keyError(`${type} has no key`, "remove it; gre and gretap have one");
    if (dev !== undefined && table.require(dev, scope.at("dev")) && dev === name)
      scope.at("dev").error("a tunnel cannot run over itself", "name the device towards the underlay");
    if (!type.endsWith("tap"))
      for (const word of ["mac", "bridge", "bond"] as const)
        if (doc[word] !== undefined)
          scope.at(word).keyError(`${type} carries IP, not Ethernet: it takes no ${word}`, "use gretap or ip6gretap");
    const six = isOverIPv6(type);
    const ttl = doc.ttl ?? (six ? HOP_LIMIT : undefined);
    return {
      type,
      data: {
        ...(type === "ip6tnl" ? { mode: "any" } : {}),
        ...readEnds(doc, type, table, scope),
        ...(dev === undefined ? {} : { dev }),
        ...(ttl === undefined ? {} : { ttl }),
        ...(six ? { encaplimit: ENCAP_LIMIT } : {}),
        ...(key === undefined || !isGre ? {} : { key }),
      },
    };
  },
});
