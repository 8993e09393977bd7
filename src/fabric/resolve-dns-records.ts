/** Records of a DNS server as a lab file writes them: `{ example.com: 203.0.113.10, www.example.com: example.com }`. */
import { formatAddress, parseAddress, type Address } from "../net/address.ts";
import type { DnsServerSpec, RecordZone } from "../resources/dns/zone.ts";
import { didYouMean } from "../syntax/nearest.ts";
import type { Scope } from "../syntax/scope.ts";

export type DnsRecordsDocument = Readonly<Record<string, string | readonly string[]>>;

const NAME = /^(?=.{1,253}$)[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?)*$/;
/** All names below, or all names (RFC 4592). */
const WILDCARD = /^\*(?:\.(.+))?$/;
const DNS_PORT = 53;
/** Long, like those of names in the internet; nothing in a lab caches it. */
const TTL = 300;

function readName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, "");
  return NAME.test(name) ? name : undefined;
}

/** The name of a record, which may be a wildcard. */
function readOwner(text: string): string | undefined {
  const wildcard = WILDCARD.exec(text);
  if (wildcard === null) return readName(text);
  const [, below] = wildcard;
  if (below === undefined) return "*";
  const name = readName(below);
  return name === undefined ? undefined : `*.${name}`;
}

/** By its own name, or a wildcard above. */
function isAnswered(name: string, names: ReadonlySet<string>): boolean {
  const labels = name.split(".");
  return names.has(name) || labels.some((_, i) => names.has(["*", ...labels.slice(i + 1)].join(".")));
}

/** `10.113.0.203.in-addr.arpa` (RFC 1035 3.5), nibbles under ip6.arpa (RFC 3596 2.5). */
function reverseName({ family, value }: Address): string {
  const digits =
    family === "ipv4" ? formatAddress({ family, value }).split(".") : [...value.toString(16).padStart(32, "0")];
  return `${digits.toReversed().join(".")}.${family === "ipv4" ? "in-addr.arpa" : "ip6.arpa"}`;
}

/** A server for all names: other names do not exist. Each address gets the first name that has it. */
export function resolveDnsRecords(doc: DnsRecordsDocument, scope: Scope): DnsServerSpec {
  const records: RecordZone["records"][number][] = [];
  const pointers = new Map<string, string>();
  for (const [key, value] of Object.entries(doc)) {
    const place = scope.at(key);
    const name = readOwner(key);
    if (name === undefined) {
      place.keyError(`${JSON.stringify(key)} is not a DNS name`, "write for example www.example.com or *.example.com");
      continue;
    }
    const texts = typeof value === "string" ? [value] : value;
    for (const [i, text] of texts.entries()) {
      const at = typeof value === "string" ? place : place.at(i);
      const address = parseAddress(text);
      const alias = readName(text);
      if (address !== undefined) {
        const data = formatAddress(address);
        records.push({ name, type: address.family === "ipv4" ? "A" : "AAAA", data });
        const pointer = reverseName(address);
        if (!pointers.has(pointer) && !name.startsWith("*")) pointers.set(pointer, name);
      } else if (alias === undefined || /^[\d.]+$/.test(text)) {
        at.error(
          `${JSON.stringify(text)} is neither an address nor a DNS name`,
          "write 203.0.113.10, or another name of this list",
        );
      } else if (texts.length > 1) {
        at.error(`${name} is an alias and cannot have other records`, "give one name, or addresses only");
      } else records.push({ name, type: "CNAME", data: alias });
    }
  }
  const names = new Set(records.map((record) => record.name));
  for (const { name, type, data } of records)
    if (type === "CNAME" && !isAnswered(data, names))
      scope
        .at(name)
        .dangling(`${name} stands for ${data}, which has no record`, didYouMean(data, [...names], "names") ?? "add it");
  records.push(...[...pointers].map(([name, data]) => ({ name, type: "PTR" as const, data })));
  return { port: DNS_PORT, zones: [{ kind: "records", domain: ".", ttl: TTL, records }], forward: [] };
}
