/** One thing that a CNI plugin made: its text and its key. */
import { sha256 } from "../../net/digest.ts";
import type { Family } from "../../net/family.ts";

export type AdoptedPart =
  | {
      readonly type: "rule";
      readonly family: Family;
      readonly table: string;
      readonly chain: string;
      /** As iptables-save prints it, without `-A CHAIN`. */
      readonly rule: string;
      /** It was inserted at the head of its chain. */
      readonly first?: true | undefined;
    }
  | { readonly type: "chain"; readonly family: Family; readonly table: string; readonly chain: string }
  /** `bridge nat`. */
  | { readonly type: "nft"; readonly table: string }
  /** `kind`: IFLA_INFO_KIND. */
  | { readonly type: "device"; readonly name: string; readonly kind: string; readonly mtu: number }
  | { readonly type: "qdisc"; readonly dev: string; readonly qdisc: string };

export function partText(part: AdoptedPart): string {
  switch (part.type) {
    case "rule":
      return `${part.family === "ipv6" ? "ip6tables" : "iptables"} ${part.table}: rule ${part.chain} ${part.rule}`;
    case "chain":
      return `${part.family === "ipv6" ? "ip6tables" : "iptables"} ${part.table}: chain ${part.chain}`;
    case "nft":
      return `nft table ${part.table}`;
    case "device":
      return `${part.kind} ${part.name}`;
    case "qdisc":
      return `qdisc ${part.qdisc} dev ${part.dev}`;
  }
}

/** Rules by a part of their digest: they are long, and have spaces. */
export function partKey(part: AdoptedPart): readonly string[] {
  switch (part.type) {
    case "rule":
      return [part.family, part.table, part.chain, sha256(part.rule).toString("hex").slice(0, 10)];
    case "chain":
      return [part.family, part.table, part.chain];
    case "nft":
      return ["nft", ...part.table.split(" ")];
    case "device":
      return [part.name];
    case "qdisc":
      return [part.dev, part.qdisc];
  }
}
