/** Proxies live in the agent; by hand socat does the same for one endpoint, without turns. */
import type { ProxyResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

const FAMILY = { ipv4: 4, ipv6: 6 } as const;

function show(proxy: ProxyResource, shell: Shell): readonly string[] {
  const { family, protocol, port, service, endpoints, affinitySeconds } = proxy;
  const [first] = endpoints;
  const at = `${shell.name(proxy)} proxies ${service} on ${protocol} port ${port}`;
  if (first === undefined) return [`# ${printable(`${at}: there is no endpoint, so connections are closed`)}`];
  const sticky = affinitySeconds === undefined ? "" : ` (a client keeps its own for ${affinitySeconds} s)`;
  const word = `${protocol.toUpperCase()}${FAMILY[family]}`;
  return [
    `# ${printable(`${at} in turns to ${endpoints.join(", ")}${sticky}; to one of them:`)}`,
    `${shell.exec(proxy, "socat", `${word}-LISTEN:${port},fork,reuseaddr`, `${word}:${first}`)} &`,
  ];
}

export const proxyEncoder: KindEncoder<ProxyResource> = {
  create: show,
  update: (proxy, _before, shell) => show(proxy, shell),
  remove: (proxy, shell) => [shell.exec(proxy, "fuser", "-k", `${proxy.port}/${proxy.protocol}`)],
};
