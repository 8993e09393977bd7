/** What a mode of kube-proxy is: its folder beside this file says it, and modes.ts names it. */
import type { Family } from "../../net/family.ts";
import type { ProxyEngine, ProxyInput, ServiceModel } from "../../kube/service/service.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { Scope } from "../../syntax/scope.ts";

export interface ProxyMode {
  /** As `kubeProxy` in the lab file; a network plugin's own is named like the plugin. */
  readonly name: string;
  /** A network plugin's: none of what kube-proxy does in every mode. */
  readonly own?: true | undefined;
  /** What carries the packets: by it they are predicted, installed rules are followed and counted. */
  readonly engine: ProxyEngine;
  /** Reports in `scope` where there is no room for the Services. */
  check?(services: readonly ServiceModel[], families: readonly Family[], scope: Scope): void;
  /** Devices that it makes on a node, for one family. */
  devices?(input: ProxyInput, draft: NodeDraft): void;
  /** Rules, sets, servers of one kube-proxy, for one family. */
  rules(input: ProxyInput, draft: NodeDraft): void;
}
