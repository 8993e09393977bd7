/** Layer 7 proxies live in the lab's data plane; by hand any reverse proxy with these routes does. */
import { printable } from "../../printable.ts";
import type { EntryPort, Route } from "../../routing/model.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import type { L7Resource } from "./definition.ts";

function show(l7: L7Resource, shell: Shell): readonly string[] {
  return [
    `# ${printable(`${shell.name(l7)} is a proxy, ${l7.name}:`)}`,
    ...l7.table.ports.flatMap(portLines).map((line) => `#   ${printable(line)}`),
  ];
}

function portLines({ transport, port, listeners }: EntryPort): readonly string[] {
  return listeners.flatMap(({ name, protocol, hostname, hosts }) => [
    `${transport} ${port} ${name} (${protocol}) ${hostname ?? "*"}`,
    ...hosts.flatMap((host) =>
      host.routes.map((route) => `  ${host.hostname ?? "*"} ${route.name} → ${target(route)}`),
    ),
  ]);
}

function target({ action }: Route): string {
  if (action.kind === "forward")
    return action.to.map(({ backend, weight }) => `${backend ?? "nothing"} (${weight})`).join(", ") || "nothing";
  return action.kind === "redirect" ? `redirect ${action.to.status}` : `answer ${action.answer.status}`;
}

export const l7Encoder: KindEncoder<L7Resource> = {
  create: show,
  update: (l7, _before, shell) => show(l7, shell),
  remove: (l7, shell) => [`# ${printable(`${shell.name(l7)} is no longer the proxy ${l7.name}`)}`],
};
