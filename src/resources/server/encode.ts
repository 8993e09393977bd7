/** Built-in servers live in the agent; by hand any server on that port does. */
import type { ServerResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

/** socat's address for listening, for both families where it is TCP, UDP or SCTP. */
const SOCAT = { tcp: "TCP6-LISTEN", udp: "UDP6-RECVFROM", sctp: "SCTP6-LISTEN" } as const satisfies Record<
  ServerResource["protocol"],
  string
>;

function listen(server: ServerResource, shell: Shell): readonly string[] {
  return [
    shell.exec(
      server,
      "socat",
      `${SOCAT[server.protocol]}:${server.port},fork,reuseaddr,ipv6only=0`,
      `SYSTEM:echo ${server.hostname.replace(/[^A-Za-z0-9.-]/g, "")}`,
    ) + " &",
  ];
}

export const serverEncoder: KindEncoder<ServerResource> = {
  create: listen,
  update: (server, _before, shell) => listen(server, shell),
  remove: (server, shell) => [shell.exec(server, "fuser", "-k", `${server.port}/${server.protocol}`)],
};
