/** Ports of nodes that pods use, by hostPort or hostNetwork: each goes to one pod (pkg/scheduler/framework: HostPortInfo; schedutil.GetHostPorts). */
import type { PodSpecDocument } from "./pod-spec.ts";
import { lastingContainers } from "./lasting-containers.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { Path } from "../../syntax/path.ts";

export interface HostPortClaim {
  /** `80/tcp`. */
  readonly key: string;
  /** Undefined: at all of the node's addresses. */
  readonly ip: string | undefined;
  /** Where in the pod spec. */
  readonly at: Path;
}

function addressOf(hostIP: string | null | undefined): string | undefined {
  const parsed = parseLegacyAddress(hostIP ?? "");
  return parsed === undefined || parsed.address.value === 0n ? undefined : parsed.text;
}

export function hostPortClaims(spec: PodSpecDocument): readonly HostPortClaim[] {
  return lastingContainers(spec).flatMap(({ at, doc }) =>
    (doc.ports ?? []).flatMap(({ hostPort = 0, hostIP, containerPort, protocol = "TCP" }, i) => {
      const port = hostPort === 0 && spec.hostNetwork === true ? containerPort : hostPort;
      if (port === 0) return [];
      return [{ key: `${port}/${protocol.toLowerCase()}`, ip: addressOf(hostIP), at: [...at, "ports", i] }];
    }),
  );
}

/** Which pod has which ports of the nodes. */
export class NodePorts {
  readonly #taken = new Map<string, { readonly ip: string | undefined; readonly pod: string }[]>();

  /** The first of the claims that another pod has, and which one. */
  conflict(
    node: string,
    claims: readonly HostPortClaim[],
  ): { readonly claim: HostPortClaim; readonly pod: string } | undefined {
    for (const claim of claims) {
      const other = this.#taken
        .get(`${node} ${claim.key}`)
        ?.find(({ ip }) => ip === undefined || claim.ip === undefined || ip === claim.ip);
      if (other !== undefined) return { claim, pod: other.pod };
    }
    return undefined;
  }

  /** `pod`: NAMESPACE/NAME. */
  take(node: string, claims: readonly HostPortClaim[], pod: string): void {
    for (const { key, ip } of claims) {
      const taken = this.#taken.get(`${node} ${key}`);
      if (taken === undefined) this.#taken.set(`${node} ${key}`, [{ ip, pod }]);
      else taken.push({ ip, pod });
    }
  }
}
