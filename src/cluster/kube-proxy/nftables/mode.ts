/** kube-proxy with a table and maps of nftables. */
import { because } from "../../../cause.ts";
import type { ProxyMode } from "../mode.ts";
import { sharedRules } from "../shared-rules.ts";
import { planProxyNftables } from "./rules.ts";

export const nftables: ProxyMode = {
  name: "nftables",
  engine: "nftables",
  rules(input, draft) {
    draft.add({
      kind: "nft",
      owner: "kube-proxy",
      family: input.family,
      table: "kube-proxy",
      comment: "rules for kube-proxy",
      objects: sharedRules(input).objects(input.family, planProxyNftables(input)),
      cause: because(input.proxy.cause, "kube-proxy in nftables mode"),
    });
  },
};
