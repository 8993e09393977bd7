/** UDP flows to endpoints and Services that are gone: `conntrack -D`, which ends with 1 when there is none. */
import type { ConntrackResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

type Flows = ConntrackResource["services"][number];

/** `10.96.0.10:53`, `[fd00::10]:53`, `:30053` → words of conntrack(8). */
function destination(to: string): readonly string[] {
  const at = to.lastIndexOf(":");
  const address = to.slice(0, at).replace(/^\[|\]$/g, "");
  return [...(address === "" ? [] : ["--orig-dst", address]), "--orig-port-dst", to.slice(at + 1)];
}

function address(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

function forget(resource: ConntrackResource, { to, endpoints }: Flows, shell: Shell): readonly string[] {
  const family = resource.family === "ipv6" ? ["-f", "ipv6"] : [];
  const gone = [...new Set(endpoints.map(address))];
  return gone.map(
    (from) =>
      `${shell.exec(resource, "conntrack", "-D", ...family, "-p", "udp", ...destination(to), "--reply-src", from)} || true`,
  );
}

export const conntrackEncoder: KindEncoder<ConntrackResource> = {
  create: (resource, shell) => [
    `# ${printable(`${shell.name(resource)} has no UDP flow yet; when an endpoint goes: conntrack -D -p udp --orig-dst SERVICE --reply-src ENDPOINT`)}`,
  ],
  update(resource, before, shell) {
    if (before === undefined) return this.create(resource, shell);
    const now = new Map(resource.services.map((service) => [service.to, new Set(service.endpoints)]));
    return before.services.flatMap((service) => {
      const left = now.get(service.to) ?? new Set<string>();
      return forget(resource, { ...service, endpoints: service.endpoints.filter((one) => !left.has(one)) }, shell);
    });
  },
  remove: (resource, shell) => [
    `# ${printable(`${shell.name(resource)} keeps its UDP flows: they end when nothing is sent for a while`)}`,
  ],
};
